"""Retries: how often work was done again, and what that cost; second walks count too."""

from collections.abc import Callable, Iterator
from functools import partial

from harness.history.model import Attempt
from harness.judging.evidence import Evidence, once
from harness.judging.metrics.figure import Absent, Figure, seconds
from harness.judging.metrics.measured import Measure, of_tickets
from harness.judging.metrics.row import Row, amount, how_ended, of_attempt


@once
def recovered_by_retry(evidence: Evidence) -> list[int]:
    """Return the tickets finished right of which a step instance failed or died and later succeeded."""
    tried = {key[0] for key, tries in evidence.instances.items() if len(tries) > 1 and _broke_then_worked(tries)}
    return [ticket for ticket in sorted(tried) if evidence.is_right(ticket)]


@once
def replaced(evidence: Evidence) -> list[Attempt]:
    """Return the attempts after which another one did the same step instance again."""
    return [attempt for tries in evidence.instances.values() if len(tries) > 1 for attempt in tries[:-1]]


@once
def wasted(evidence: Evidence) -> list[Attempt]:
    """Return the attempts of step instances that never succeeded."""
    return [attempt for tries in evidence.instances.values() if not _has_worked(tries) for attempt in tries]


def _has_worked(tries: list[Attempt]) -> bool:
    """Say whether any attempt succeeded; mostly the last did."""
    # The last to begin may fail although an earlier one succeeded: a zombie that wakes up may be done before its
    # replacement.
    return tries[-1].result is not None or any(attempt.result for attempt in tries)


def _broke_then_worked(tries: list[Attempt]) -> bool:
    """Say whether an attempt failed or died, and a later one succeeded."""
    results = [attempt.result for attempt in tries]
    return None in results and any(results[results.index(None) :])


def work_ns(evidence: Evidence, tries: list[Attempt]) -> int:
    """Return how long attempts worked together, in ns: each until it ended, or its process died."""
    return sum(
        [(_died(evidence, attempt) if attempt.ended is None else attempt.ended) - attempt.started for attempt in tries]
    )


def _died(evidence: Evidence, attempt: Attempt) -> int:
    """Return when an attempt's process died, at its start where no record says when."""
    return max(attempt.started, evidence.died.get(attempt.proc, 0))


# -- the figures, and their rows


def _number(evidence: Evidence) -> int:
    return sum(map(len, evidence.instances.values()))


def _attempts(evidence: Evidence) -> Iterator[Row]:
    for tries in evidence.instances.values():
        yield from (of_attempt(evidence, attempt) for attempt in tries)


def _beyond_the_first(evidence: Evidence) -> int:
    return _number(evidence) - len(evidence.instances)


def _retries(evidence: Evidence, adds: float | None = 1) -> Iterator[Row]:
    for tries in evidence.instances.values():
        for nth, attempt in enumerate(tries[1:], start=2):
            yield of_attempt(evidence, attempt, f"attempt {nth}, {how_ended(attempt)}", adds)


def _amplification(evidence: Evidence) -> Figure:
    instances = len(evidence.instances)
    return round(_number(evidence) / instances, 4) if instances else Absent("no step was attempted")


def _amplified(evidence: Evidence) -> Iterator[Row]:
    ratio = _amplification(evidence)
    if not isinstance(ratio, Absent):
        text = f"{_number(evidence)} attempts / {len(evidence.instances)} step instances = {amount(ratio)}"
        yield Row(text, "attempts, and the retries below", adds=ratio)
        yield from _retries(evidence, adds=None)


def _seconds(find: Callable[[Evidence], list[Attempt]], evidence: Evidence) -> float:
    return seconds(work_ns(evidence, find(evidence)))


def _work_rows(find: Callable[[Evidence], list[Attempt]], why: str, evidence: Evidence) -> Iterator[Row]:
    for attempt in find(evidence):
        took = seconds(work_ns(evidence, [attempt]))
        yield of_attempt(evidence, attempt, f"{amount(took)} s {why}", took)


def _work(find: Callable[[Evidence], list[Attempt]], why: str) -> Measure:
    """Add up how long attempts worked (s), a row each."""
    return Measure(partial(_seconds, find), partial(_work_rows, find, why))


MEASURES: dict[str, Measure] = {
    "attempts": Measure(_number, _attempts),
    "retries": Measure(_beyond_the_first, _retries),
    "retry_amplification": Measure(_amplification, _amplified),
    "recovered_by_retry": of_tickets(recovered_by_retry),
    "redone_seconds": _work(replaced, "that another attempt replaced"),
    "wasted_seconds": _work(wasted, "for nothing"),
}
