"""The guess of how long a scenario will take."""

import msgspec
import pytest

from harness.planning.estimate import COLUMN_S, column_s, estimate_s, repetition_s
from harness.planning.reading import read
from harness.planning.reading.bundled import bundled
from harness.planning.recovery_time import recovery_s


def test_a_scenario_takes_as_long_as_all_repetitions_of_all_systems() -> None:
    scenario, _ = read("worker-kill", repeat=5)
    one = {block.label: column_s(scenario, block) for block in scenario.systems}
    assert estimate_s(scenario) == 5 * sum(one.values()) == pytest.approx(3 * 5 * repetition_s(scenario))
    assert estimate_s(scenario, ["sync", "temporal"]) == 5 * (one["sync"] + one["temporal"])


def test_the_load_the_steps_and_the_longest_recovery_count() -> None:
    killed, _ = read("engine-kill")
    bare = msgspec.structs.replace(killed, faults=())
    sync, temporal = killed.systems
    (fault,) = killed.faults
    load_s = bare.load.last_arrival_s
    assert column_s(bare, temporal) == COLUMN_S + load_s + sum(bare.desk.step_time.values()) / 2
    assert column_s(killed, temporal) == column_s(bare, temporal) + recovery_s(fault, temporal, killed.desk)
    assert column_s(killed, sync) == column_s(bare, sync)  # it has no engine


def test_of_every_bundled_scenario_there_is_a_guess() -> None:
    assert all(0 < estimate_s(read(str(path))[0]) < 600 for path in bundled())
