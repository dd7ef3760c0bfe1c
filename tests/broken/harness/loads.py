"""The loads under which parts break: as small as shows it, and strict, so that a sound run passes."""

SYNC = """\
name: broken-part
seed: 4
load: {tickets: 8, arrival: {rate: 20/s}, priorities: {low: 1, high: 1}}
desk: {step_time: 5ms}
systems:
  sync: {processes: 2}
settle: 3s
expect: ["lost == 0", "unserved == 0", "retries == 0", "wrong_outcome == 0", "effects_duplicated == 0"]
"""
LONGER = SYNC.replace("tickets: 8", "tickets: 24").replace("rate: 20/s", "rate: 8/s")
CLOSED = SYNC.replace("{rate: 20/s}", "{concurrency: 2}").replace("5ms", "20ms")
IDEMPOTENT = """\
name: broken-part
seed: 4
load: {tickets: 6, arrival: {rate: 20/s}, priorities: {low: 1, high: 1}}
desk: {step_time: 5ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
systems:
  sync: {retries: 2, safeguards: {idempotency: true}}
faults:
  - {kind: activity_failure, step: notify_customer, tickets: [1], window: after_effect}
settle: 5s
expect: ["lost == 0", "effects_duplicated == 0"]
"""
TEMPORAL = SYNC.replace("sync: {processes: 2}", "temporal: {processes: 1, profile: tuned}").replace("3s", "30s")
"""Of these none is left open, so it settles as soon as an engine on a busy machine has closed what it has."""
POSTGRESQL = SYNC.replace("desk: {", "desk: {database: postgresql, ")


def with_fault(fault: str, load: str = LONGER) -> str:
    """Return a load beside a fault, without what a fault may make of it."""
    text = load.replace("retries == 0", "faults_landed == 1").replace('"lost == 0", "unserved == 0", ', "")
    return text.replace("settle:", f"faults:\n  - {fault}\nsettle:")


RESUBMITTED = with_fault("{kind: answer_lost, tickets: [2], attempts: 1}", SYNC).replace(
    "processes: 2}", "processes: 2, resubmit: {attempts: 2, backoff: 100ms, on: [info, fail]}}"
)
KILLED = with_fault("{kind: worker_kill, when: {after: 1s}}").replace("5ms", "60ms")
PAUSED = (
    with_fault("{kind: long_pause, scope: worker, when: {after: 1s}, duration: 500ms}")
    .replace("5ms", "60ms")
    .replace("priorities", "timeout: 3s, priorities")
)
REFUSED = with_fault("{kind: receiver_outage, when: {after: 1s}, duration: 500ms}").replace(
    "{processes: 2}", "{processes: 2, retries: 6}"
)
FAILING = with_fault("{kind: activity_failure, step: notify_customer, tickets: [1]}", SYNC).replace(
    "{processes: 2}", "{processes: 2, retries: 2}"
)
