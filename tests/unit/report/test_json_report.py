import json
from pathlib import Path

import msgspec
import pytest

from harness.report.formats import FORMATS, WITH_PICTURES
from harness.report.formats import render as render_as
from harness.report.formats.json_report import render, render_all
from harness.runfolder.result import Result
from tests.support.results import result


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
    parsed = json.loads(render_all([result(), result(verdict="unknown")]))
    assert (parsed["schema"], len(parsed["runs"]), parsed["verdict"]) == (1, 2, "unknown")
    assert json.loads(render_all([]))["verdict"] == "unknown"
    broken = json.loads(render_all([result(), None]))
    assert (broken["verdict"], len(broken["runs"])) == ("unknown", 1)


@pytest.mark.parametrize("form", sorted(FORMATS.keys() - WITH_PICTURES))
def test_every_registered_format_renders(form: str, tmp_path: Path) -> None:
    assert "worker-kill" in render_as(form, result(), {}, tmp_path)
