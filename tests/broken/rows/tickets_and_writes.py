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
desk: {step_time: {default: 1ms, agent_investigate: 400ms}}
faults:
  - {kind: worker_kill, when: {step: agent_investigate}, restart_after: 50ms}
""",
        ),
        source=Source(
            "celery/celery #14: Messages acknowledged too soon.", "https://github.com/celery/celery/issues/14"
        ),
    ),
)
