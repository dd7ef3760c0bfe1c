"""The seam of every check: it judges the experiment, from the evidence alone."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.judging.evidence import Evidence
from harness.runfolder.result import CheckResult, CheckVerdict

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """A check's answer: `invalid` needs a contradiction, `unknown` is missing evidence."""

    verdict: CheckVerdict
    detail: str


Check = Callable[[Evidence], CheckFinding]


def run(name: str, check: Check, evidence: Evidence) -> CheckResult:
    """Run a check; one that crashes knows nothing."""
    try:
        finding = check(evidence)
    except Exception as error:  # noqa: BLE001 - whatever broke it, the answer is unknown, never valid
        return CheckResult(name, "unknown", f"the check itself broke: {type(error).__name__}: {error}")
    return CheckResult(name, finding.verdict, finding.detail)


def valid(detail: str) -> CheckFinding:
    """Answer that the experiment holds."""
    return CheckFinding("valid", detail)


def invalid(detail: str) -> CheckFinding:
    """Answer that the records contradict the experiment."""
    return CheckFinding("invalid", detail)


def unknown(detail: str) -> CheckFinding:
    """Answer that evidence is missing."""
    return CheckFinding("unknown", detail)


def listed(names: list[str]) -> str:
    """Join names; of many only the first, with how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
