"""What the acts run: scenarios that can be read, that are no bundled ones, and that take less than three minutes."""

from harness.planning.estimate import estimate_s
from harness.planning.reading import read_warned
from harness.planning.reading.bundled import bundled
from harness.tour.acts import ACTS
from harness.tour.scenarios import scenario_file

NAMES = [name for act in ACTS.values() for name in act.scenarios]


def test_every_scenario_of_the_folder_belongs_to_one_act() -> None:
    there = {path.stem for path in scenario_file("any").parent.glob("*.yaml")}
    assert sorted(NAMES) == sorted(there)


def test_scenarios_are_read_without_a_warning() -> None:
    assert {name: warnings for name in NAMES if (warnings := read_warned(str(scenario_file(name)))[2])} == {}


def test_scenarios_repeat_nothing_and_call_themselves_after_the_tour() -> None:
    scenarios = {name: read_warned(str(scenario_file(name)))[0] for name in NAMES}
    assert {name: scenario.name for name, scenario in scenarios.items()} == {name: f"tour-{name}" for name in NAMES}
    assert {scenario.repeat for scenario in scenarios.values()} == {1}


def test_scenarios_are_none_of_the_bundled_ones() -> None:
    assert {path.stem for path in bundled()} & {f"tour-{name}" for name in NAMES} == set()


def test_all_acts_together_are_guessed_to_take_less_than_three_minutes() -> None:
    assert sum(estimate_s(read_warned(str(scenario_file(name)))[0]) for name in NAMES) < 180
