"""What the synchronous service says of itself: what finds its dead walks, and what resuming follows from."""

import math
from pathlib import Path

import msgspec
import pytest

from harness.judging.run import settings_of
from systems.desk.fault_mode import FaultMode
from systems.desk.limits import DeskTimes
from systems.desk.model import Step
from systems.sync.settings import SyncSettings
from tests.unit.planning.test_reading import mistakes, scenario_from

LEASED = SyncSettings(walk_lease=1.5, retries=2)
BY_PID = SyncSettings()
TIMES = DeskTimes({step.value: 0.02 for step in Step}, 5.0)
PLACE = ("close_ticket", TIMES)


def test_a_lease_is_what_finds_dead_walks() -> None:
    assert LEASED.follows_from(TIMES) == {"retry interval": 0.1, "walk lease": 1.5}
    assert (LEASED.detection_s(TIMES), LEASED.patience_s(TIMES)) == (1.5, 1.5)
    assert [LEASED.cause(FaultMode(fault), *PLACE) for fault in ("KILL", "pause worker", "transient", "lock")] == [
        "walk lease 1.5 s",
        "walk lease 1.5 s",
        "retry interval 0.1 s",
        "",
    ]


def test_without_a_lease_the_dead_are_known_by_their_pid_and_it_is_said() -> None:
    assert BY_PID.follows_from(TIMES) == {"dead walk": "known by its pid, at once"}
    assert (BY_PID.detection_s(TIMES), BY_PID.patience_s(TIMES)) == (0.0, math.inf)
    assert [BY_PID.cause(FaultMode(fault), *PLACE) for fault in ("KILL", "pause worker", "transient")] == [
        "dead walk known by its pid, at once",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("{}", BY_PID),
        ("{rewalk: restart, walk_lease: none}", SyncSettings(rewalk="restart")),
        ("{rewalk: resume, walk_lease: 1500ms, retries: 2}", LEASED),
    ],
)
def test_a_scenario_sets_them(tmp_path: Path, text: str, settings: SyncSettings) -> None:
    scenario = scenario_from(tmp_path, f"name: x\nsystems: {{sync: {text}}}\n")
    (block,) = scenario.systems
    assert msgspec.convert(block.settings, SyncSettings) == settings
    assert settings_of(scenario, block)["follows_from"] == settings.follows_from(TIMES)


@pytest.mark.parametrize(
    ("text", "expected", "found"),
    [
        ("{walk_lease: 0s}", "expected more than 0s", "found 0s"),
        ("{walk_lease: never}", "expected", "'never'"),
        ("{rewalk: again}", "expected one of restart, resume", "'again'"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(tmp_path: Path, text: str, expected: str, found: str) -> None:
    (told,) = mistakes(tmp_path, f"name: x\nsystems: {{sync: {text}}}\n")
    assert told.startswith("2:")
    assert expected in told
    assert found in told
