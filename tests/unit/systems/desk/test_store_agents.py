"""Agents in the store under each locking: who gets them, who keeps them, and who frees them."""

import pytest

from systems.desk.config import Locking
from systems.desk.model import WriteConflict
from systems.desk.rows import TimelineEntry
from tests.support.stores import Ground, before_next_write, each_locking, opened


@each_locking
def test_tickets_get_the_free_agent_at_or_after_their_own_place(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    given = [store.take_agent(number, "regular", f"a.{number}") for number in (2, 5, 8, 11)]
    assert given == ["R-003", "R-001", "R-002", None]
    assert store.take_agent(5, "regular", "a.9") == "R-001"
    assert store.release_agent(5, "a.10") == "R-001"
    assert store.release_agent(5, "a.11") is None
    assert store.take_agent(11, "regular", "a.12") == "R-001"
    assert store.take_agent(12, "senior", "a.13") == "S-001"
    held = [(row.row, row.value, row.writer) for row in store.changes(0) if row.old_version is not None]
    assert held == [
        ("R-003", "2", "a.2"),
        ("R-001", "5", "a.5"),
        ("R-002", "8", "a.8"),
        ("R-001", "", "a.10"),
        ("R-001", "11", "a.12"),
        ("S-001", "12", "a.13"),
    ]


def test_without_locking_two_tickets_get_the_same_agent(ground: Ground) -> None:
    first, second = ground.create("none"), ground.open("none")
    with before_next_write(lambda: second.take_agent(4, "regular", "b.1")):
        assert first.take_agent(1, "regular", "a.1") == "R-002"
    held = [(row.row, row.value, row.read_version, row.old_version) for row in first.changes(0)]
    assert held[-2:] == [("R-002", "4", 1, 1), ("R-002", "1", 1, 2)]


def test_optimistic_locking_refuses_the_second_who_takes_an_agent(ground: Ground) -> None:
    first, second = ground.create("optimistic"), ground.open("optimistic")
    with (
        before_next_write(lambda: second.take_agent(4, "regular", "b.1")),
        pytest.raises(WriteConflict, match="agent R-002"),
    ):
        first.take_agent(1, "regular", "a.1")
    assert first.take_agent(1, "regular", "a.2") == "R-003"


def test_under_atomic_the_second_gets_another_agent(ground: Ground) -> None:
    first, second = ground.create("atomic"), ground.open("atomic")
    with before_next_write(lambda: second.take_agent(4, "regular", "b.1")):
        assert first.take_agent(1, "regular", "a.1") == "R-003"


@pytest.mark.parametrize("locking", ["optimistic", "atomic"])
def test_an_agent_is_left_alone_whose_step_was_recorded_at_the_last_moment(ground: Ground, locking: Locking) -> None:
    first, second = ground.create(locking), ground.open(locking)
    before = opened(first)

    def overtake() -> None:
        second.take_agent(1, "regular", "b.1")
        second.record(before, TimelineEntry("assign_agent", 1, "first", "assigned", "b.1", "R-002"), agent="R-002")
        second.release_agent(1, "b.2")

    with before_next_write(overtake):
        assert first.take_agent(1, "regular", "a.1", instance=("assign_agent", 1)) == "R-002"
    assert ground.rows("SELECT name FROM agents WHERE held_by IS NOT NULL") == []


@pytest.mark.parametrize("locking", ["optimistic", "atomic"])
def test_nobody_frees_an_agent_that_went_to_another_ticket(ground: Ground, locking: Locking) -> None:
    first, second = ground.create(locking, regular=1), ground.open(locking)
    first.take_agent(1, "regular", "a.1")

    def pass_on() -> None:
        second.release_agent(1, "b.1")
        second.take_agent(2, "regular", "b.2")

    with before_next_write(pass_on):
        if locking == "atomic":
            assert first.release_agent(1, "a.2") is None
        else:
            with pytest.raises(WriteConflict):
                first.release_agent(1, "a.2")
    assert ground.rows("SELECT held_by FROM agents WHERE name = 'R-001'") == [(2,)]


@pytest.mark.parametrize(("locking", "told"), [("none", "R-002 version 1"), ("atomic", "")])
def test_an_agent_is_offered_at_the_place_that_is_asked_for_before_he_is_taken(
    ground: Ground, locking: Locking, told: str
) -> None:
    store, offers = ground.create(locking), []

    def offered(saw: str) -> None:
        offers.append(saw)
        with store.locked():  # nobody meets inside a transaction
            pass

    assert store.take_agent(7, "regular", "a.1", 1, offered) == "R-002"
    assert offers == [told]
