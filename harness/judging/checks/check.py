"""The seam of every check: it judges the experiment, from the evidence alone."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.judging.evidence import Evidence
from harness.runfolder.result import CheckResult, CheckVerdict

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's answer: `invalid` needs a contradiction, `unknown` is missing evidence."""

    verdict: CheckVerdict
    detail: str


Check = Callable[[Evidence], Finding]


def run(name: str, check: Check, evidence: Evidence) -> CheckResult:
    """Run a check; one that crashes knows nothing."""
    try:
        finding = check(evidence)
    except Exception as error:  # noqa: BLE001 - whatever broke it, the answer is unknown, never valid
        return CheckResult(name, "unknown", f"the check itself broke: {type(error).__name__}: {error}")
    return CheckResult(name, finding.verdict, finding.detail)


def valid(detail: str) -> Finding:
    """Answer that the experiment holds."""
    return Finding("valid", detail)


def invalid(detail: str) -> Finding:
    """Answer that the records contradict the experiment."""
    return Finding("invalid", detail)


def unknown(detail: str) -> Finding:
    """Answer that evidence is missing."""
    return Finding("unknown", detail)


def some(things: list[str]) -> str:
    """Name the first few of many."""
    more = f" and {len(things) - MOST_NAMED} more" if len(things) > MOST_NAMED else ""
    return ", ".join(things[:MOST_NAMED]) + more
