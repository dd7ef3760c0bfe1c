"""Bugs that lose, repeat, misdirect or overwrite: what became of tickets, of messages and of writes."""

from tests.broken.plant import Move, Plant, Source, twins

UNTOUCHED = ("exposed", "interrupted", "recovered", "recovered_by_retry", "retries")

TICKETS_AND_WRITES = (
    Plant(
        slug="acknowledges-early",
        bug="acknowledges a ticket before it is stored, and dies with it",
        caught_by="vanished",
        moves={
            "vanished": Move(3),
            "lost": Move(3, "what vanished is lost"),
            "lost_acknowledged": Move(3, "and was acknowledged"),
            "unserved": Move(3, "nobody finished it"),
            "finished": Move(-3, "nobody finished it"),
            "effects_unsent": Move(3, "each had a message due"),
            "effects_applied": Move(-3, "each had a message due"),
            **dict.fromkeys(UNTOUCHED, Move(-3, "what waits in memory is in no step, which the kill could break open")),
            "attempts": Move(-21, "nor in any later one"),
        },
        scenario=twins(
            "acknowledges-early",
            "processes: 1, resubmit: {attempts: 3}",
            """\
load: {tickets: 4, arrival: {rate: 40/s}, priorities: {medium: 1}}
desk: {step_time: {default: 1ms, agent_investigate: 1s}, outcomes: {needs_escalation: 0}}
faults:
  - {kind: worker_kill, when: {step: agent_investigate}, restart_after: 50ms}
""",
        ),
        source=Source(
            "celery/celery #14: Messages acknowledged too soon.", "https://github.com/celery/celery/issues/14"
        ),
    ),
    Plant(
        slug="keeps-dead-locks",
        bug="loses a ticket on restart: keeps the lock of the walk that died, so that nobody may go on with it",
        caught_by="abandoned",
        moves={
            "abandoned": Move(1),
            "lost": Move(1, "what was abandoned is lost"),
            "lost_acknowledged": Move(1, "the client was told that it is being worked on"),
            "unserved": Move(1, "nobody finished it"),
            "finished": Move(-1, "nobody finished it"),
            "effects_unsent": Move(1, "its answer was still due"),
            "effects_applied": Move(-1, "its answer was still due"),
            "unrecovered": Move(1, "the kill hit it, and it did not finish"),
            "recovered": Move(-1, "the kill hit it, and it did not finish"),
            "unresumed": Move(1, "the step that the kill broke open was never tried again"),
            "retries": Move(-1, "that step was never tried again"),
            "recovered_by_retry": Move(-1, "that step was never tried again"),
            "attempts": Move(-4, "nor were the steps after it"),
        },
        scenario=twins(
            "keeps-dead-locks",
            "processes: 1, resubmit: {attempts: 2}",
            """\
load: {tickets: 3, arrival: {concurrency: 1}, priorities: {low: 1}}
desk: {step_time: 1ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
faults:
  - {kind: worker_kill, when: {step: search_knowledge_base}, restart_after: 50ms}
""",
        ),
        source=Source(
            "lantins/resque-lock-timeout #11: Crashed process locks forever",
            "https://github.com/lantins/resque-lock-timeout/issues/11",
        ),
    ),
    Plant(
        slug="new-key-a-try",
        bug="makes the idempotency key anew for each try, so that every retry of a notification is sent again",
        caught_by="effects_duplicated",
        moves={
            "effects_duplicated": Move(3),
            "effects_deduplicated": Move(-3, "what is taken for another message is not dropped"),
            "effects_applied": Move(3, "and is applied"),
        },
        scenario=twins(
            "new-key-a-try",
            "processes: 1, retries: 2, safeguards: {idempotency: true}",
            """\
load: {tickets: 3, arrival: {concurrency: 1}, priorities: {low: 1}}
desk: {step_time: 1ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
faults:
  - {kind: activity_failure, step: notify_customer, window: after_effect}
""",
        ),
        source=Source(
            "square/square-mcp-server #31: a retried call mints a new key and charges the card twice",
            "https://github.com/square/square-mcp-server/issues/31",
        ),
    ),
    Plant(
        slug="coarse-key",
        bug="skips a notification where the ticket has had one of that kind, as its own key for repeats is too coarse",
        caught_by="effects_missing",
        moves={
            "effects_missing": Move(6),
            "effects_unsent": Move(6, "what a finished ticket misses was not sent"),
            "effects_applied": Move(-6, "nor applied"),
            "attempts": Move(-6, "nor attempted"),
        },
        scenario=twins(
            "coarse-key",
            "processes: 1",
            """\
load: {tickets: 3, arrival: {concurrency: 1}, priorities: {low: 1}}
desk: {step_time: 1ms, outcomes: {kb_miss: 0, resolution_invalid: 1}}
""",
        ),
        source=Source(
            "flarum/framework #4989: Key the notification email dedup lock on the notification, not its type",
            "https://github.com/flarum/framework/pull/4989",
        ),
    ),
    Plant(
        slug="remembers-the-last",
        bug="tells the wrong customer: a thread keeps whom it wrote to, for the next ticket that it serves",
        caught_by="effects_unexpected",
        moves={
            "effects_unexpected": Move(None),
            "effects_missing": Move("effects_unexpected", "the right customer was not told"),
            "effects_unsent": Move("effects_unexpected", "the right customer was not told"),
        },
        scenario=twins(
            "remembers-the-last",
            "processes: 1, threads: 1",
            """\
load: {tickets: 12, arrival: {concurrency: 1}, priorities: {low: 1, medium: 1, high: 1}}
desk: {step_time: 1ms, outcomes: {kb_miss: 0, resolution_invalid: 0, needs_escalation: 0, fix_fails: 0}}
""",
        ),
        source=Source(
            "thehyve/fairspace #1582: Add cleanup of ThreadLocal for reusable threads from the pool.",
            "https://github.com/thehyve/fairspace/pull/1582",
        ),
    ),
    Plant(
        slug="ignores-a-failed-fix",
        bug="closes a ticket as resolved although its fix failed: it ends in the wrong state",
        caught_by="wrong_outcome",
        moves={"wrong_outcome": Move(3)},
        scenario=twins(
            "ignores-a-failed-fix",
            "processes: 1",
            """\
load: {tickets: 3, arrival: {concurrency: 1}, priorities: {high: 1}}
desk: {step_time: 1ms, outcomes: {fix_fails: 1}}
""",
        ),
        source=Source(
            "argoproj/argo-workflows #6834: Workflow succeeded with some node failed",
            "https://github.com/argoproj/argo-workflows/issues/6834",
        ),
    ),
    Plant(
        slug="forgets-to-commit",
        bug="leaks agents: gives them back in a transaction that is never committed",
        caught_by="agents_leaked",
        moves={"agents_leaked": Move(3)},
        scenario=twins(
            "forgets-to-commit",
            "processes: 1",
            """\
load: {tickets: 3, arrival: {concurrency: 1}, priorities: {medium: 1}}
desk: {step_time: 1ms, outcomes: {needs_escalation: 0}}
""",
        ),
        source=Source(
            "duckdb/duckdb-postgres #545: Connection pool slot is leaked when CommitTransaction throws",
            "https://github.com/duckdb/duckdb-postgres/issues/545",
        ),
    ),
    Plant(
        slug="saves-the-whole-row",
        bug="loses an update: saves the whole row as it was read, over what another wrote meanwhile",
        caught_by="lost_updates",
        moves={"lost_updates": Move(1)},
        scenario=twins(
            "saves-the-whole-row",
            "processes: 1",
            """\
load: {tickets: 3, arrival: all_at_once, priorities: {low: 1}}
desk: {step_time: 1ms}
faults:
  - {kind: write_race, race: lost_update}
""",
        ),
        source=Source(
            "balderdashy/waterline-docs #80: document that save() can clobber values",
            "https://github.com/balderdashy/waterline-docs/issues/80",
        ),
    ),
    Plant(
        slug="looks-then-takes",
        bug="assigns an agent twice: looks for a free one first, and takes them in another transaction",
        caught_by="double_assignments",
        moves={
            "double_assignments": Move(1),
            "lost_updates": Move(1, "the same write overwrites what its writer had not read (`counted_twice` says so)"),
        },
        scenario=twins(
            "looks-then-takes",
            "processes: 1",
            """\
load: {tickets: 2, arrival: all_at_once, priorities: {medium: 1}}
desk: {step_time: 1ms}
faults:
  - {kind: write_race, race: double_assign}
""",
        ),
        source=Source(
            "akeneo/pim-community-dev #7998: prevent the same job to be executed by two different daemons",
            "https://github.com/akeneo/pim-community-dev/pull/7998",
        ),
    ),
    Plant(
        slug="inserts-before-it-looks",
        bug="accepts a duplicate: stores a ticket again that is submitted again, and no unique index refuses it",
        caught_by="duplicate_tickets",
        moves={"duplicate_tickets": Move(1)},
        scenario=twins(
            "inserts-before-it-looks",
            "processes: 1, resubmit: {attempts: 2}, safeguards: {locking: none}",
            """\
load: {tickets: 3, arrival: {concurrency: 1}, priorities: {low: 1}}
desk: {step_time: 1ms}
faults:
  - {kind: answer_lost, tickets: [2]}
""",
        ),
        source=Source(
            "readthedocs/readthedocs.org #7727: Race condition with get_or_create in remote repositories",
            "https://github.com/readthedocs/readthedocs.org/issues/7727",
        ),
    ),
)
