import json

import msgspec

from harness.report.formats.json_report import render_suite
from harness.runfolder.result import Result
from tests.support.reports import rendering, suite
from tests.support.results import result

render = rendering("json")


def test_json_has_the_contracts_shape() -> None:
    parsed = json.loads(render(result()))
    assert {"schema", "run_id", "scenario", "seed", "plan_sha256", "environment", "systems", "expectations"} <= set(
        parsed
    )
    one = parsed["systems"]["sync"]["repetitions"][0]
    assert one["metrics"]["recovery_p50"] is None
    assert "recovery_p50" in one["censored"]
    assert one["checks"][0] == {"name": "canary", "verdict": "valid", "detail": ""}
    assert one["faults"][0]["exposed"] == 4


def test_json_can_be_read_back() -> None:
    assert msgspec.json.decode(render(result()), type=Result) == result()


def test_several_runs_stand_under_their_worst_verdict() -> None:
    parsed = json.loads(render_suite(suite(result(), result(verdict="unknown"))))
    assert (parsed["schema"], len(parsed["runs"]), parsed["verdict"]) == (1, 2, "unknown")
    assert json.loads(render_suite(suite()))["verdict"] == "unknown"
    broken = json.loads(render_suite(suite(result(), None)))
    assert (broken["verdict"], len(broken["runs"])) == ("unknown", 1)


def test_scenarios_that_were_never_begun_are_unknown() -> None:
    assert json.loads(render_suite(suite(result())))["verdict"] == "pass"
    assert json.loads(render_suite(suite(result(), is_interrupted=True)))["verdict"] == "unknown"


def test_a_scenario_alone_is_its_own_document_or_none() -> None:
    assert render_suite(suite(result(), is_single=True)) == render(result())
    assert render_suite(suite(None, is_single=True)) == ""
