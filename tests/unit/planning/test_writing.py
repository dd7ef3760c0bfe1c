"""A scenario that is written reads back as it was."""

from pathlib import Path

import msgspec
import pytest

from harness.planning.reading import read
from harness.planning.reading.bundled import bundled
from harness.planning.scenario import Scenario
from harness.planning.writing import write
from tests.unit.planning.test_listed_tickets import THREE
from tests.unit.planning.test_reading import FULL, scenario_from


def placeless(scenario: Scenario) -> Scenario:
    """Return a scenario without the lines in which its faults and expectations stood."""
    faults = tuple(msgspec.structs.replace(fault, line=0) for fault in scenario.faults)
    expect = tuple(msgspec.structs.replace(expected, line=0) for expected in scenario.expect)
    return msgspec.structs.replace(scenario, faults=faults, expect=expect)


def again(scenario: Scenario, folder: Path) -> Scenario:
    path = folder / "again.yaml"
    path.write_text(write(scenario, "written anew\nby a test"))
    return read(str(path))[0]


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.stem)
def test_every_bundled_scenario_reads_back_as_it_was(path: Path, tmp_path: Path) -> None:
    scenario, _ = read(str(path))
    assert placeless(again(scenario, tmp_path)) == placeless(scenario)


@pytest.mark.parametrize("text", [FULL, THREE, "name: x\nload: {arrival: all_at_once}\n"])
def test_units_lists_and_overrides_read_back_as_they_were(text: str, tmp_path: Path) -> None:
    scenario = scenario_from(tmp_path, text)
    assert placeless(again(scenario, tmp_path)) == placeless(scenario)


def test_what_is_a_default_is_left_out(tmp_path: Path) -> None:
    scenario = scenario_from(tmp_path, THREE)
    assert "timeout" not in write(scenario)
    assert "  - {priority: low}\n" in write(scenario)
    assert "  - {priority: high, at: 2s}\n" in write(scenario)
