"""The summary of a suite: a row a system, with its own verdict and what says most."""

from typing import Any

from harness.report.summary import headline, render, verdict_of
from harness.result import Judged, SystemResult
from tests.unit.results import expectation, repetition, result


def system(**metrics: Any) -> SystemResult:
    return SystemResult({}, (repetition(metrics),))


def test_the_worst_comes_first_and_nothing_to_tell_is_told() -> None:
    assert headline(system(submitted=9, lost=2, effects_duplicated=1)) == "2 lost, 1 message sent again"
    assert headline(system(submitted=9, failed=3, failed_as_expected=1)) == "2 left to people"
    assert headline(system(submitted=9, resume_p50=0.5)) == "all 9 as they should be, work went on after 0.50 s"
    assert headline(system(submitted=9, cpu_per_ticket=0.31)) == "all 9 as they should be, 0.31 s of CPU each"
    assert headline(SystemResult({}, ())) == "was not run"


def test_a_system_has_the_worst_verdict_that_was_judged_of_it() -> None:
    judged = (
        Judged("a", 1, 0, "==", 0, "pass"),
        Judged("b", 1, 1, "==", 0, "fail"),
        Judged("a", 2, None, "==", 0, "unknown"),
    )
    one = result(expectations=(expectation("lost == 0", "fail", *judged),))
    assert [verdict_of(one, label) for label in ("a", "b", "c")] == ["unknown", "fail", "–"]


def test_a_scenario_is_named_once_and_every_system_has_a_row() -> None:
    lines = render([result(), result()]).splitlines()
    assert [line.startswith("worker-kill") for line in lines[2:]] == [True, False, True, False]
