"""The verdict of a run: what its expectations and its checks come to."""

from typing import Any, Literal

import pytest

from harness.judging.verdict import overall
from harness.runfolder.result import CheckResult, ExpectationResult, Repetition
from tests.support import results
from tests.unit.judging.test_verdict import ran

Said = Literal["pass", "fail", "unknown", "n/a"]


def said(*verdicts: Said) -> list[ExpectationResult]:
    return [results.expectation("lost == 0", verdict) for verdict in verdicts]


def checked(*verdicts: Any) -> Repetition:
    return ran(checks=tuple(CheckResult(f"check-{n}", verdict, "") for n, verdict in enumerate(verdicts)))


@pytest.mark.parametrize(
    ("expectations", "checks", "verdict"),
    [
        (["pass", "pass"], ["valid"], "pass"),
        (["pass", "n/a"], ["valid"], "pass"),
        ([], ["valid"], "pass"),
        (["pass", "unknown"], ["valid"], "unknown"),
        (["pass"], ["valid", "unknown"], "unknown"),
        (["pass", "fail"], ["valid"], "fail"),
        (["unknown", "fail"], ["unknown"], "fail"),
        (["pass"], ["overloaded"], "pass"),
        (["pass"], ["invalid"], "fail"),
        (["unknown"], ["unknown", "invalid"], "fail"),
    ],
)
def test_the_worst_of_expectations_and_checks_counts(expectations: list[Said], checks: list[str], verdict: str) -> None:
    repetitions = {"sync": [checked("valid")], "temporal": [checked(*checks)]}
    assert overall(said(*expectations), repetitions, 1) == verdict


@pytest.mark.parametrize(
    "repetitions",
    [
        {},
        {"sync": []},
        {"sync": [ran()]},
        {"sync": [ran(), ran(took_up=False)]},
        {"sync": [ran(), ran()], "temporal": [ran()]},
    ],
    ids=["no system", "no repetition", "too few", "nothing taken up", "too few of one"],
)
def test_a_run_that_is_not_whole_or_took_nothing_up_is_unknown(repetitions: dict[str, list[Repetition]]) -> None:
    assert overall(said("pass"), repetitions, 2) == "unknown"
    assert overall(said("fail"), repetitions, 2) == "fail"
