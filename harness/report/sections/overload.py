"""What was overloaded, from a Result: its counts stand, its times are a queue."""

from collections.abc import Sequence

from harness.report.sections.fault_outcomes import where
from harness.runfolder.result import CheckResult, Repetition, Result
from harness.text import printable

OVERLOADED = "overloaded"


def overload(repetition: Repetition) -> CheckResult | None:
    """Return the check that says that a repetition was overloaded, if one does."""
    return next((check for check in repetition.checks if check.verdict == OVERLOADED), None)


def overloads(result: Result) -> list[str]:
    """Return a line for each system that was overloaded: its times are in doubt, and nothing else."""
    return [
        f"{OVERLOADED}: {clause}; counts stand, times are not compared"
        for label, system in result.systems.items()
        if (clause := overloaded(label, system.repetitions))
    ]


def overloaded(label: str, repetitions: Sequence[Repetition]) -> str:
    """Say in a clause that a system was overloaded, and by what; empty where it was not."""
    checks = {
        n: check for n, repetition in enumerate(repetitions, start=1) if (check := overload(repetition)) is not None
    }
    if not checks:
        return ""
    details = list(dict.fromkeys(printable(check.detail, 200) for check in checks.values()))
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    clause = details[0] if details[0].startswith("offered ") else f"was overloaded ({details[0]})"
    return f"{where(label, list(checks), len(repetitions))} {clause}{more}: its times measure the queue"
