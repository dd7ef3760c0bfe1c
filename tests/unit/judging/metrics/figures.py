"""What a healthy history comes to, and how another differs from it."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from harness.history.model import Attempt, History
from harness.history.run_records import LiveAtEnd
from harness.planning.plan import Plan
from harness.runfolder.result import Repetition
from tests.support import histories
from tests.support.histories import judged, ns

HEALTHY = {
    "submitted": 4,
    "acknowledged": 4,
    "indeterminate": 0,
    "rejected": 0,
    "finished": 4,
    "unserved": 0,
    "failed": 0,
    "failed_as_expected": 0,
    "lost": 0,
    "lost_acknowledged": 0,
    "lost_unacknowledged": 0,
    "abandoned": 0,
    "vanished": 0,
    "wrong_outcome": 0,
    "effects_expected": 7,
    "effects_applied": 7,
    "effects_missing": 0,
    "effects_unsent": 0,
    "effects_duplicated": 0,
    "effects_unexpected": 0,
    "effects_deduplicated": 0,
    "attempts": 23,
    "retries": 0,
    "retry_amplification": 1.0,
    "recovered_by_retry": 0,
    "redone_seconds": 0.0,
    "wasted_seconds": 0.0,
    "interrupted": 0,
    "exposed": 0,
    "recovered": 0,
    "unresumed": 0,
    "unrecovered": 0,
    "unavailable": 0.017,
    "drain": 0.1,
    "lost_updates": 0,
    "double_assignments": 0,
    "duplicate_tickets": 0,
    "stale_writes": 0,
    "conflicts": 0,
    "agents_leaked": 0,
    "latency_p50": 0.056,
    "latency_p95": 0.076,
    "latency_p99": 0.076,
    "ack_p95": 0.08,
    "throughput": 42.105,
    "cpu_seconds": 0.5,
    "cpu_per_ticket": 0.125,
    "peak_rss": 300,
    "faults_planned": 0,
    "faults_landed": 0,
    "faults_missed": 0,
    "faults_preempted": 0,
}
DURABILITY = list(HEALTHY)[:14]
EFFECTS = ("effects_missing", "effects_duplicated", "effects_unexpected", "effects_deduplicated", "effects_applied")
RETRIES = ("attempts", "retries", "retry_amplification", "recovered_by_retry", "redone_seconds", "wasted_seconds")
RACES = ("lost_updates", "double_assignments", "duplicate_tickets", "stale_writes", "conflicts", "agents_leaked")
FAILURE = "faults:\n  - {{kind: activity_failure, step: {step}, tickets: [{ticket}], error: {error}}}\n"


def changed(repetition: Repetition, *names: str) -> dict[str, Any]:
    """Return the counts of these groups that are not what a healthy run has."""
    wanted = [name for name in HEALTHY if name in names or not names]
    return {name: repetition.metrics[name] for name in wanted if repetition.metrics[name] != HEALTHY[name]}


def of(made: Plan, history: History, *names: str) -> list[Any]:
    metrics = judged(made, history).metrics
    return [metrics[name] for name in names]


def broken(made: Plan, data: st.DataObject) -> History:
    """Draw a history of which anything is broken: processes, tickets, what their clients did and were told."""
    history = histories.healthy(made)
    if data.draw(st.booleans(), label="killed"):
        histories.kill(history)
    numbers = st.sampled_from([1, 2, 3, 4])
    for number in data.draw(st.lists(numbers, unique=True), label="cut"):
        histories.cut(history, number, data.draw(st.integers(0, 110)))
    for number in data.draw(st.lists(numbers), label="sent again"):
        histories.submit(history, number, n=2, at=120)
    for number in data.draw(st.lists(numbers), label="answered"):
        outcome = data.draw(st.sampled_from(["ok", "fail", "info"]))
        state = data.draw(st.sampled_from(["", "failed", "resolved"]))
        histories.answer(history, number, 130, outcome, accepted=data.draw(st.booleans()), state=state)
    unsent = data.draw(st.lists(numbers), label="never sent")
    history.submitted = [one for one in history.submitted if one.ticket not in unsent]
    some = st.lists(numbers, unique=True).map(tuple)
    history.at_end = LiveAtEnd(0, ns(200), data.draw(some), data.draw(some), data.draw(some))
    return history


def failed_try(history: History, number: int, step: str, at: float, lasts: float = 4) -> Attempt:
    """Add an attempt of a step that broke."""
    first = histories.tries(history, number, step)[0]
    made = msgspec.structs.replace(
        first, id=f"broken/{at}", started=ns(at), ended=ns(at + lasts), result=None, error="transient"
    )
    history.attempts.append(made)
    histories.in_order(history)
    return made
