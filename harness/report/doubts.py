"""What makes the figures of a run uncertain, from a Result, as lines: a report shows it before anything else."""

from collections.abc import Sequence

from harness.report.fates import missed
from harness.report.printable import printable
from harness.report.verdicts import checks, expectation_line
from harness.result import Result


def doubts(result: Result) -> list[str]:
    """Return a line for each doubt, first of all that the run broke off; none of a clean run."""
    if result.status == "complete":
        return uncertain(result)
    reason = printable(result.problem) or "no reason was recorded"
    return [f"the run is {result.status}: {reason}", *uncertain(result)]


def uncertain(result: Result) -> list[str]:
    """Return checks that are not valid, expectations that are unknown, and faults that did not land as planned."""
    return [
        *(line for line in checks(result) if not line.endswith("checks valid")),
        *(expectation_line(one, result) for one in result.expectations if one.verdict == "unknown"),
        *missed(result),
    ]


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """Return at most so many of the lines, and how many more there are."""
    rest = len(lines) - most
    return list(lines) if rest <= 0 else [*lines[:most], f"… and {rest} more"]
