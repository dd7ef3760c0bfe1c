"""Retries: how often work was done again, and what that cost."""

from harness.history.model import Attempt
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Absent, Figures, seconds


def retries(evidence: Evidence) -> Figures:
    """Count attempts beyond the first of each step instance, in second walks too."""
    instances = evidence.instances
    attempts = sum(map(len, instances.values()))
    return {
        "attempts": attempts,
        "retries": attempts - len(instances),
        "retry_amplification": round(attempts / len(instances), 4) if instances else Absent("no step was attempted"),
        "recovered_by_retry": len(recovered_by_retry(evidence)),
        "redone_seconds": seconds(work_ns(evidence, replaced(evidence))),
        "wasted_seconds": seconds(work_ns(evidence, wasted(evidence))),
    }


def recovered_by_retry(evidence: Evidence) -> list[int]:
    """Return the tickets finished right of which a step instance failed or died and later succeeded."""
    tried = {key[0] for key, tries in evidence.instances.items() if len(tries) > 1 and _broke_then_worked(tries)}
    return [ticket for ticket in sorted(tried) if ticket in evidence.planned and evidence.is_right(ticket)]


def replaced(evidence: Evidence) -> list[Attempt]:
    """Return the attempts after which another one did the same step instance again."""
    return [one for tries in evidence.instances.values() if len(tries) > 1 for one in tries[:-1]]


def wasted(evidence: Evidence) -> list[Attempt]:
    """Return the attempts of step instances that never succeeded."""
    return [one for tries in evidence.instances.values() if not _has_worked(tries) for one in tries]


def _has_worked(tries: list[Attempt]) -> bool:
    """Say whether any attempt succeeded; mostly the last did."""
    return tries[-1].result is not None or any(one.result for one in tries)


def _broke_then_worked(tries: list[Attempt]) -> bool:
    """Say whether an attempt failed or died, and a later one succeeded."""
    results = [one.result for one in tries]
    return None in results and any(results[results.index(None) + 1 :])


def work_ns(evidence: Evidence, tries: list[Attempt]) -> int:
    """Return how long attempts worked together, in ns: each until it ended, or its process died."""
    return sum([(_died(evidence, one) if one.ended is None else one.ended) - one.started for one in tries])


def _died(evidence: Evidence, attempt: Attempt) -> int:
    """Return when an attempt's process died, at its start where nobody saw it die."""
    return max(attempt.started, evidence.died.get(attempt.proc, 0))
