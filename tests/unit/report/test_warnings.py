"""What makes a run uncertain, for every report that shows it first."""

from harness.report.sections.warnings import doubts, shortened
from harness.runfolder.result import CheckResult, Judged, SystemResult
from tests.support.results import expectation, fault, result, temporal


def test_a_clean_run_has_none() -> None:
    assert doubts(result()) == []


def test_everything_uncertain_is_told_what_broke_off_first() -> None:
    unsure = temporal(
        checks=(CheckResult("healed", "unknown", "later"), CheckResult("exposure", "invalid", "nobody")),
        faults=(fault(missed=1, notes=("1.1: nobody was busy",)),),
    )
    unknown = expectation("temporal.lost == 0", "unknown", Judged("temporal", 1, None, "==", 0, "unknown"))
    one = result(
        systems={"temporal": SystemResult({}, (unsure,))},
        expectations=(expectation(), unknown),
        status="interrupted",
        problem="Ctrl-C",
    )
    assert doubts(one) == [
        "the run is interrupted: Ctrl-C",
        "INVALID exposure on temporal: nobody",
        "unknown healed on temporal: later",
        "fault 1 missed (1) on temporal: 1.1: nobody was busy",
    ]


def test_a_run_without_any_check_is_in_doubt() -> None:
    assert doubts(result(systems={})) == ["checks: none were made"]


def test_what_is_left_out_is_counted() -> None:
    assert shortened(["a", "b", "c"], 2) == ["a", "b", "… and 1 more, below the figures"]
    assert shortened(["a", "b"], 2) == ["a", "b"]
