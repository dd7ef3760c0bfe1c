"""Rows of retries: the attempts, those beyond the first, and what their work cost."""

from collections.abc import Callable, Iterator
from functools import partial

from harness.explaining.breakdown.row import Row, Unfold, amount, how_ended, of_attempt, of_tickets
from harness.history.model import Attempt
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Absent, seconds
from harness.judging.metrics.retries import recovered_by_retry, replaced, retries, wasted, work_ns


def _attempts(evidence: Evidence) -> Iterator[Row]:
    for tries in evidence.instances.values():
        yield from (of_attempt(evidence, one) for one in tries)


def _retries(evidence: Evidence, adds: float | None = 1) -> Iterator[Row]:
    for tries in evidence.instances.values():
        for nth, one in enumerate(tries[1:], start=2):
            yield of_attempt(evidence, one, f"attempt {nth}, {how_ended(one)}", adds)


def _amplification(evidence: Evidence) -> Iterator[Row]:
    figures = retries(evidence)
    ratio = figures["retry_amplification"]
    if not isinstance(ratio, Absent):
        text = f"{figures['attempts']} attempts / {len(evidence.instances)} step instances = {amount(ratio)}"
        yield Row(text, "attempts, and the retries below", adds=ratio)
        yield from _retries(evidence, adds=None)


def _recovered_by_retry(evidence: Evidence) -> Iterator[Row]:
    return of_tickets(evidence, recovered_by_retry(evidence))


def _work(find: Callable[[Evidence], list[Attempt]], why: str, evidence: Evidence) -> Iterator[Row]:
    for one in find(evidence):
        took = seconds(work_ns(evidence, [one]))
        yield of_attempt(evidence, one, f"{amount(took)} s {why}", took)


ROWS: dict[str, Unfold] = {
    "attempts": _attempts,
    "retries": _retries,
    "retry_amplification": _amplification,
    "recovered_by_retry": _recovered_by_retry,
    "redone_seconds": partial(_work, replaced, "that another attempt replaced"),
    "wasted_seconds": partial(_work, wasted, "for nothing"),
}
