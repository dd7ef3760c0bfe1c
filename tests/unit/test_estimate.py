"""The guess of how long a scenario will take."""

import msgspec

from harness.estimate import COLUMN_S, estimate_s, repetition_s
from harness.reading import read
from harness.reading.bundled import bundled


def test_a_scenario_takes_as_long_as_all_repetitions_of_all_systems() -> None:
    scenario, _ = read("worker-kill", repeat=5)
    assert estimate_s(scenario) == 3 * 5 * repetition_s(scenario)
    assert estimate_s(scenario, ["sync", "temporal"]) == 2 * 5 * repetition_s(scenario)


def test_the_load_the_steps_and_the_longest_fault_count() -> None:
    scenario, _ = read("baseline")
    bare = msgspec.structs.replace(scenario, faults=())
    load = bare.load.tickets / (bare.load.arrival.rate or 1)
    assert repetition_s(bare) == COLUMN_S + load + sum(bare.desk.step_time.values()) / 2
    held, _ = read("engine-kill")
    without = msgspec.structs.replace(held, faults=())
    assert repetition_s(held) == repetition_s(without) + max(fault.holds_s() for fault in held.faults)


def test_of_every_bundled_scenario_there_is_a_guess() -> None:
    assert all(0 < estimate_s(read(str(path))[0]) < 600 for path in bundled())
