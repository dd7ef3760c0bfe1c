"""A run that an earlier program recorded reads as it did then."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import Ran, asked, chaos
from tests.support.recorded import RESULT, unpacked

BEFORE: dict[str, Any] = json.loads(RESULT.read_text())
EVERY = [
    (label, number)
    for label, system in BEFORE["systems"].items()
    for number in range(1, len(system["repetitions"]) + 1)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module", params=["check", "report"])
def read_again(request: pytest.FixtureRequest, run: Path) -> Ran:
    return chaos(request.param, str(run), "--format", "json")


def test_the_run_has_both_systems_and_a_fault_that_struck_each() -> None:
    assert BEFORE["systems"].keys() == {"sync", "temporal"}
    for label, _ in EVERY:
        (repetition,) = BEFORE["systems"][label]["repetitions"]
        assert [fault["landed"] for fault in repetition["faults"]] == [1]


@pytest.mark.parametrize(("label", "number"), EVERY)
def test_figures_checks_and_faults_are_those_of_then(read_again: Ran, label: str, number: int) -> None:
    then, now = BEFORE["systems"][label]["repetitions"][number - 1], read_again.repetition(label, number)
    # a metric that came later is no change in what was recorded
    assert {name: now["metrics"].get(name) for name in then["metrics"]} == then["metrics"]
    assert (now["checks"], now["faults"]) == (then["checks"], then["faults"])
    assert {name: now["tickets"].get(name) for name in then["tickets"]} == then["tickets"]
    assert set(then["censored"]) <= set(now["censored"])


def test_expectations_and_verdict_are_those_of_then(read_again: Ran) -> None:
    assert read_again.result["expectations"] == BEFORE["expectations"]
    assert (read_again.result["verdict"], read_again.result["status"]) == (BEFORE["verdict"], BEFORE["status"])


def test_check_exits_by_the_verdict_and_finds_no_difference(run: Path) -> None:
    ran = asked("check", str(run))
    assert ran.code == 1
    assert ran.out.endswith("the same figures and verdict as when the run ended\n")


def test_another_plan_than_the_one_that_was_run_is_refused(tmp_path: Path) -> None:
    run = unpacked(tmp_path)
    plan = json.loads((run / "plan.json").read_text())
    plan["scenario"]["expect"] = []
    (run / "plan.json").write_text(json.dumps(plan))
    ran = chaos("check", str(run))
    assert (ran.code, ran.out) == (2, "")
    assert "plan.json: not the plan that was run: expected SHA-256 " in ran.err


def test_its_page_names_the_tickets_that_were_lost(run: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert asked("report", str(run), "--format", "html", "--output", str(page)).code == 0
    text = page.read_text()
    lost = BEFORE["systems"]["sync"]["repetitions"][0]["tickets"]["lost"]
    assert lost
    assert [ticket for ticket in lost if f"T-{ticket:04}" not in text] == []
