"""What makes the figures of a run uncertain, from a Result, as lines: a report says each once, before anything else."""

from collections.abc import Sequence

from harness.report.sections.fault_outcomes import missed
from harness.report.sections.overload import overloads
from harness.report.sections.verdicts import expectation_line, valid_checks, wrong_checks
from harness.runfolder.result import Result
from harness.text import printable


def doubts(result: Result) -> list[str]:
    """Return a line for each doubt, first of all that the run broke off; none of a clean run."""
    lines = [*uncertain(result), *overloads(result)]
    if result.status == "complete":
        return lines
    reason = printable(result.problem) or "no reason was recorded"
    return [f"the run is {result.status}: {reason}", *lines]


def uncertain(result: Result) -> list[str]:
    """Return checks that are not valid, expectations that are unknown, and faults that did not land as planned.

    Of a run that ended early, what it leaves unknown needs no line each: that it ended early says why.
    """
    unknown = (
        [expectation for expectation in result.expectations if expectation.verdict == "unknown"]
        if result.status == "complete"
        else []
    )
    has_checks = any(repetition.checks for system in result.systems.values() for repetition in system.repetitions)
    return [
        *(wrong_checks(result, is_beside_misses=True) if has_checks else [valid_checks(result)]),
        *(expectation_line(expectation, result) for expectation in unknown),
        *missed(result),
    ]


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """Return at most so many of the lines, and how many more there are below."""
    rest = len(lines) - most
    return list(lines) if rest <= 0 else [*lines[:most], f"… and {rest} more, below the figures"]
