"""The tutorial, followed to the letter: its scenario is valid, grows as it says, and comes to the same answer."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.planning.reading import read
from tests.support.chaos import ROOT, asked, chaos, latest, run_scenario
from tests.support.pages import blocks, transcripts

PAGE = (ROOT / "docs" / "tutorial.md").read_text()
SCENARIO, ADDITIONS = blocks(PAGE, "yaml")


def grown() -> dict[str, Any]:
    """Return the scenario with the column and the expectation that the tutorial adds."""
    scenario, more = yaml.safe_load(SCENARIO), yaml.safe_load(ADDITIONS)
    scenario["systems"] |= more["systems"]
    scenario["expect"] += more["expect"]
    return dict(scenario)


def test_what_validate_says_is_what_the_page_shows(tmp_path: Path) -> None:
    (tmp_path / "my-desk.yaml").write_text(SCENARIO)
    ran = chaos("validate", "my-desk.yaml", cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert (ran.code, ran.out) == (0, transcripts(PAGE)["printed by `chaos validate my-desk.yaml`"])


def test_the_grown_scenario_is_valid(tmp_path: Path) -> None:
    (tmp_path / "my-desk.yaml").write_text(yaml.safe_dump(grown()))
    scenario, _ = read(str(tmp_path / "my-desk.yaml"))
    assert sorted(block.label for block in scenario.systems) == ["sync", "sync-hardened", "temporal"]


@pytest.mark.soak
def test_the_service_loses_tickets_and_hardened_it_loses_none(tmp_path: Path) -> None:
    """The two columns of the service for real; what the engine saves is claimed beside `worker-kill`."""
    ran = run_scenario(tmp_path, yaml.safe_dump(grown()), "--system", "sync", "--system", "sync-hardened")
    assert ran.code == 1
    verdicts = {one["text"]: one["verdict"] for one in ran.result["expectations"]}
    assert verdicts == {
        "faults_landed == faults_planned": "pass",
        "sync.unserved == 0": "fail",
        "temporal.unserved == 0": "n/a",
        "sync-hardened.unserved == 0": "pass",
    }
    told = asked("explain", str(latest(tmp_path)), "sync.lost").out
    assert "agent_investigate #1 never ended; still in the store" in told
