"""What was overloaded, from a Result: its counts stand, its times are a queue."""

from collections.abc import Sequence

from harness.report.sections.fault_outcomes import where
from harness.runfolder.result import CheckResult, Repetition, Result
from harness.text import printable

OVERLOADED = "overloaded"


def overload(repetition: Repetition) -> CheckResult | None:
    """Return the check that says that a repetition was overloaded, if one does."""
    return next((one for one in repetition.checks if one.verdict == OVERLOADED), None)


def overloads(result: Result) -> list[str]:
    """Return a line for each system that was overloaded: its times are in doubt, and nothing else."""
    return [
        f"{OVERLOADED}: {said}; counts stand, times are not compared"
        for label, system in result.systems.items()
        if (said := overloaded(label, system.repetitions))
    ]


def overloaded(label: str, repetitions: Sequence[Repetition]) -> str:
    """Say in a clause that a system was overloaded, and by what; empty where it was not."""
    found = {n: one for n, repetition in enumerate(repetitions, start=1) if (one := overload(repetition)) is not None}
    if not found:
        return ""
    details = list(dict.fromkeys(printable(one.detail, 200) for one in found.values()))
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    said = details[0] if details[0].startswith("offered ") else f"was overloaded ({details[0]})"
    return f"{where(label, list(found), len(repetitions))} {said}{more}: its times measure the queue"
