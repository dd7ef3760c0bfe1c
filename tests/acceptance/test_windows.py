"""A worker killed at every step of the flows, in each window: it lands, and each system answers as it must."""

from pathlib import Path
from typing import Any

import pytest

from systems.desk.model import MESSAGES, Priority, Step, Window
from systems.desk.outcomes import draw
from tests.support.chaos import Ran, latest, run_scenario
from tests.support.windows import SEED, Place, Walk, places, scenario, walk_of

LATE = (Window.AFTER_EFFECT, Window.AFTER_RECORD)
SYSTEMS = ("sync", "temporal")


def of_messages(priority: Priority, windows: tuple[Window, ...]) -> list[Place]:
    return [p for p in places(priority) if Step(p.step) in MESSAGES and p.window in windows]


def a_seeded_part(priority: Priority, *also: Place, share: float = 1 / 6) -> Walk:
    chosen = places(priority)
    return walk_of(priority, [p for i, p in enumerate(chosen) if draw(SEED, i, priority) < share or p in also])


def every_place(priority: Priority) -> Walk:
    return walk_of(priority, places(priority))


def expected_repeats(walk: Walk) -> int:
    """A message is sent again when the worker died after it was sent and before its attempt ended."""
    return sum(Step(place.step) in MESSAGES and place.window in LATE for place in walk.places.values())


def assert_each_kill_landed_on_its_ticket(tmp_path: Path, ran: Ran, walk: Walk, system: str) -> None:
    faults: list[dict[str, Any]] = ran.repetition(system)["faults"]
    assert [(f["tickets"], f["landed"], f["missed"]) for f in faults] == [
        ([number], 1, 0) for number in sorted(walk.places)
    ]
    spent = [path.name for path in (latest(tmp_path) / system / "1" / "points").iterdir()]
    assert sorted(spent) == sorted(f"{index}.1.1" for index in range(1, len(walk.places) + 1))


def judge(tmp_path: Path, walk: Walk, *systems: str, idempotency: bool = False) -> Ran:
    ran = run_scenario(tmp_path, scenario(walk, *systems, idempotency=idempotency))
    for system in systems:
        assert set(ran.checks(system).values()) == {"valid"}, ran.repetition(system)["checks"]
        assert_each_kill_landed_on_its_ticket(tmp_path, ran, walk, system)
    if "sync" in systems:
        assert_sync_lost_exactly_the_killed(ran, walk)
    assert_temporal_ended_all_right(ran, walk)
    repeats = {"effects_deduplicated" if idempotency else "effects_duplicated": expected_repeats(walk)}
    seen = {name: ran.metrics("temporal").get(name, 0) for name in ("effects_duplicated", "effects_deduplicated")}
    assert {name: count for name, count in seen.items() if count} == repeats
    return ran


def assert_sync_lost_exactly_the_killed(ran: Ran, walk: Walk) -> None:
    metrics = ran.metrics("sync")
    ends_at_the_desk = [
        n for n, place in walk.places.items() if place.step == Step.CLOSE_TICKET and place.window == Window.AFTER_RECORD
    ]
    assert metrics["lost"] == len(walk.places) - len(ends_at_the_desk)
    assert metrics["finished"] == walk.tickets - metrics["lost"]


def assert_temporal_ended_all_right(ran: Ran, walk: Walk) -> None:
    metrics = ran.metrics("temporal")
    assert (metrics["finished"], metrics["lost"], metrics["wrong_outcome"]) == (walk.tickets, 0, 0)
    assert metrics["effects_missing"] == 0
    assert metrics["retries"] == len(walk.places)


def test_a_kill_in_a_part_of_all_windows_lands_and_is_survived_as_promised(tmp_path: Path) -> None:
    judge(tmp_path, a_seeded_part(Priority.MEDIUM, share=1 / 9), *SYSTEMS)


@pytest.mark.soak
def test_idempotency_removes_every_repeat_that_kills_bring_and_the_rest_is_survived_as_promised(tmp_path: Path) -> None:
    late = of_messages(Priority.HIGH, LATE[:1])
    walk = a_seeded_part(Priority.HIGH, *late)
    assert expected_repeats(walk) >= len(late) == 2
    judge(tmp_path, walk, *SYSTEMS, idempotency=True)


@pytest.mark.soak
@pytest.mark.parametrize("priority", Priority)
def test_a_kill_in_every_window_lands_and_is_survived_as_promised(tmp_path: Path, priority: Priority) -> None:
    walk = every_place(priority)
    ran = judge(tmp_path, walk, *SYSTEMS)
    shown = ("lost", "finished", "retries", "effects_duplicated", "resume_p50", "resume_max")
    for system in SYSTEMS:
        figures = ", ".join(f"{name} {ran.metrics(system).get(name)}" for name in shown)
        print(f"\n{system} {priority}: {len(walk.places)} places killed: {figures}")  # noqa: T201 - soak prints figures


@pytest.mark.soak
@pytest.mark.parametrize("priority", Priority)
def test_idempotency_removes_every_repeat_that_kills_bring(tmp_path: Path, priority: Priority) -> None:
    late = of_messages(priority, LATE)
    walk = walk_of(priority, late)
    ran = run_scenario(tmp_path, scenario(walk, "temporal", idempotency=True))
    metrics = ran.metrics("temporal")
    assert metrics["effects_duplicated"] == 0
    assert metrics["effects_deduplicated"] == len(late)
    assert metrics["effects_missing"] == 0
