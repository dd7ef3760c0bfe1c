"""The store under each locking: what it guards, what it lets through, and what its audit tells of it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa

from systems.desk.config import Locking
from systems.desk.live import dialect
from systems.desk.live.snapshot import Snapshot
from systems.desk.live.store import StoreLocked
from systems.desk.model import WriteConflict
from systems.desk.rows import AuditRow, TimelineEntry
from tests.support.stores import TICKET, Ground, before_next_write, each_locking, entry, opened, seen, steps


@each_locking
def test_a_ticket_is_opened_once(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    assert store.read(1) is None
    assert store.open_ticket(TICKET, "a.1", "10-20")
    assert not store.open_ticket(TICKET, "a.2", "10-21")
    assert seen(store) == Snapshot(1, 1, "low", 1, "open", None, "10-20", "")


@pytest.mark.parametrize(("locking", "rows"), [("none", 2), ("optimistic", 1), ("atomic", 1)])
def test_two_that_checked_before_either_inserted_make_two_rows_only_without_locking(
    ground: Ground, locking: Locking, rows: int
) -> None:
    first, second = ground.create(locking), ground.open(locking)
    with before_next_write(lambda: second.open_ticket(TICKET, "second")):
        first.open_ticket(TICKET, "first")
    assert len(ground.rows("SELECT * FROM tickets")) == rows
    assert ground.rows("SELECT writer FROM audit WHERE old_version IS NULL") == [("second",), ("first",)][:rows]


@each_locking
def test_a_recorded_step_changes_the_ticket_and_tells_the_audit(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    made = TimelineEntry("assign_agent", 1, "first", "assigned", "a.1", "R-002")
    assert store.record(opened(store), made, agent="R-002") == made
    closed = TimelineEntry("close_ticket", 1, "", "resolved", "a.2")
    assert store.record(seen(store), closed, state="resolved") == closed
    now = seen(store)
    assert (now.version, now.state, now.agent, now.entries()) == (3, "resolved", "R-002", [made, closed])
    rows = store.changes(0)
    lines = now.timeline.splitlines()
    assert rows == [
        AuditRow(1, "tickets", "1", None, 1, None, "opener", rows[0].at, "open"),
        AuditRow(2, "tickets", "1", 1, 2, 1, "a.1", rows[1].at, "open", lines[0]),
        AuditRow(3, "tickets", "1", 2, 3, 2, "a.2", rows[2].at, "resolved", lines[1]),
    ]
    assert 0 < rows[0].at < rows[1].at < rows[2].at
    assert store.changes(2) == rows[2:]


def test_without_locking_the_second_of_two_writers_overwrites_the_first(ground: Ground) -> None:
    store = ground.create("none")
    before = opened(store)
    store.record(before, entry("send_auto_response", "a.1"))
    store.record(before, entry("note", "b.1"))
    assert steps(store) == [("note", "b.1")]
    (lost,) = [row for row in store.changes(0) if row.writer == "b.1"]
    assert (lost.read_version, lost.old_version, lost.new_version) == (1, 2, 3)


def test_optimistic_locking_refuses_the_second_of_two_writers(ground: Ground) -> None:
    store = ground.create("optimistic")
    before = opened(store)
    store.record(before, entry("send_auto_response", "a.1"))
    with pytest.raises(WriteConflict, match="ticket 1: expected version 1, found 2"):
        store.record(before, entry("note", "b.1"))
    assert steps(store) == [("send_auto_response", "a.1")]


def test_atomic_writers_both_stand_whatever_they_had_read(ground: Ground) -> None:
    store = ground.create("atomic")
    before = opened(store)
    store.record(before, entry("send_auto_response", "a.1"))
    store.record(before, entry("note", "b.1"))
    assert steps(store) == [("send_auto_response", "a.1"), ("note", "b.1")]
    assert all(row.read_version == row.old_version for row in store.changes(0))


def test_atomic_writers_in_many_threads_lose_nothing(ground: Ground) -> None:
    store = ground.create("atomic")
    opened(store)

    def write(writer: int) -> None:
        for visit in range(1, 6):
            store.record(seen(store), entry(f"step-{writer}", "a", visit))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    found = [(one.step, one.visit) for one in seen(store).entries()]
    assert sorted(found) == [(f"step-{writer}", visit) for writer in range(6) for visit in range(1, 6)]


@each_locking
def test_a_step_instance_that_is_recorded_is_found_and_not_repeated(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    first = store.record(opened(store), entry("send_auto_response", "a.1"))
    assert store.record(seen(store), entry("send_auto_response", "a.2")) == first
    assert steps(store) == [("send_auto_response", "a.1")]
    assert store.record(seen(store), entry("send_auto_response", "a.3", visit=2)).attempt == "a.3"


def test_under_atomic_it_is_found_even_if_it_was_recorded_after_the_read(ground: Ground) -> None:
    store = ground.create("atomic")
    before = opened(store)
    first = store.record(before, entry("send_auto_response", "a.1"))
    assert store.record(before, entry("send_auto_response", "a.2")) == first


@each_locking
@pytest.mark.parametrize("end", ["resolved", "backlog", "manual_intervention"])
def test_a_terminal_ticket_never_changes_again(ground: Ground, locking: Locking, end: str) -> None:
    store = ground.create(locking)
    before = opened(store)
    store.record(before, entry("close_ticket", "a.1"), state=end)
    after = seen(store)
    store.record(before, entry("note", "b.1"), state="open", agent="R-001")
    store.record(after, entry("note", "b.2"), state="open", agent="R-001")
    assert not store.hand_over(1, "", "10-20", "b.3")
    assert seen(store) == after
    assert after.state == end


@each_locking
def test_a_ticket_is_handed_over_by_the_walker_it_has_only(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    store.open_ticket(TICKET, "opener", "10-20")
    assert not store.hand_over(1, "10-19", "10-30", "b")
    assert store.hand_over(1, "10-20", "10-30", "c")
    assert not store.hand_over(1, "10-20", "10-40", "d")
    assert (seen(store).walker, seen(store).version) == ("10-30", 2)


def test_a_ticket_whose_walker_died_while_it_stood_still_is_open_for_the_next_one(ground: Ground) -> None:
    store = ground.create("atomic")
    store.open_ticket(TICKET, "opener", "10-20")
    store.pause(1)
    store.stand_still(1, "a", is_paused=True)
    assert store.hand_over(1, "10-20", "10-30", "b")
    assert (seen(store).state, store.is_pause_wanted(1)) == ("open", True)


def test_optimistic_locking_refuses_a_late_write_of_a_walk_that_was_taken_over(ground: Ground) -> None:
    store = ground.create("optimistic")
    before = opened(store)
    store.hand_over(1, "", "10-30", "taker")
    with pytest.raises(WriteConflict):
        store.record(before, entry("send_auto_response", "a.1"))


@each_locking
def test_a_lease_runs_as_long_as_it_is_renewed_by_who_holds_it(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    assert not store.is_leased(1)
    assert store.open_ticket(TICKET, "a.1", "10-20", lease_s=0.0)
    assert not store.is_leased(1)
    store.renew("10-20", [1, 2], 60.0)
    assert store.is_leased(1)
    assert not store.is_leased(2)
    assert store.hand_over(1, "10-20", "10-21", "b.1", lease_s=0.0)
    store.renew("10-20", [1], 60.0)
    assert not store.is_leased(1), "it is somebody else's by now"
    assert [store.holds_lease(1, walker) for walker in ("10-20", "10-21")] == [False, True]


def test_a_walk_that_was_not_handed_over_keeps_its_lease_and_the_audit_sees_none(ground: Ground) -> None:
    store = ground.create("atomic")
    assert store.open_ticket(TICKET, "a.1", "10-20", lease_s=60.0)
    seen_before = store.changes(0)
    assert not store.hand_over(1, "somebody", "10-21", "b.1", lease_s=0.0)
    store.renew("10-20", [1], 60.0)
    assert store.is_leased(1)
    assert store.changes(0) == seen_before


def write_lock(ground: Ground) -> AbstractContextManager[None]:
    return ground.open("atomic").locked()


@each_locking
def test_reading_goes_on_while_somebody_writes(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    before = opened(store)
    with write_lock(ground):
        assert seen(store) == before


@each_locking
def test_a_writer_waits_for_its_turn(ground: Ground, locking: Locking) -> None:
    store = ground.create(locking)
    before = opened(store)
    with ThreadPoolExecutor(1) as pool:
        has_begun = threading.Event()

        def write() -> TimelineEntry:
            has_begun.set()
            return store.record(before, entry("note", "a.1"))

        with write_lock(ground):
            done = pool.submit(write)
            assert has_begun.wait(10)
        assert done.result(20).attempt == "a.1"


@each_locking
def test_a_lock_that_is_never_freed_is_the_grounds_fault(
    ground: Ground, locking: Locking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.create(locking)
    monkeypatch.setattr(dialect, "BUSY_TIMEOUT_S", 0.05)
    store = ground.open(locking)
    with write_lock(ground), pytest.raises(StoreLocked, match="lock"):
        store.open_ticket(TICKET, "a.1")
    assert store.open_ticket(TICKET, "a.2")


@each_locking
def test_a_pause_that_is_wanted_stands_until_it_is_taken_back(ground: Ground, locking: Locking) -> None:
    store, operator = ground.create(locking), ground.open(locking)
    opened(store)
    operator.pause(1)
    operator.pause(1)
    assert (store.is_pause_wanted(1), store.is_pause_wanted(2)) == (True, False)
    store.stand_still(1, "a.1", is_paused=True)
    assert (seen(store).state, seen(store).version) == ("paused", 2)
    operator.resume(1)
    assert not store.is_pause_wanted(1)
    store.stand_still(1, "a.1", is_paused=False)
    store.stand_still(1, "a.1", is_paused=False)
    assert (seen(store).state, seen(store).version) == ("open", 3)


def test_a_note_is_guarded_like_any_write_and_leaves_an_ended_ticket_alone(ground: Ground) -> None:
    store = ground.create("optimistic")
    before = opened(store)
    store.record(before, entry("agent_resolve", "a.1"))
    with pytest.raises(WriteConflict):
        store.note(before, entry("note", "operator"))
    assert store.note(seen(store), entry("note", "operator"))
    assert steps(store) == [("agent_resolve", "a.1"), ("note", "operator")]
    store.record(seen(store), TimelineEntry("close_ticket", 1, "", "resolved", "a.2"), state="resolved")
    assert not store.note(seen(store), entry("note", "late", visit=2))


# -- for those who watch


def test_a_write_that_is_rolled_back_leaves_no_gap_in_the_audit(ground: Ground) -> None:
    store = ground.create("atomic")
    opened(store)
    engine = dialect.connect(ground.url)
    with engine.execution_options(writes=True).connect() as connection, connection.begin() as write:
        connection.exec_driver_sql("UPDATE tickets SET version = version + 1, writer = 'x'")
        write.rollback()
    engine.dispose()
    store.record(seen(store), entry("close_ticket", "a.1"), state="resolved")
    assert [row.id for row in store.changes(0)] == [1, 2]


def test_tables_and_audit_are_read_as_of_one_moment(ground: Ground) -> None:
    store = ground.create("atomic", regular=1, senior=1)
    opened(store)
    assert store.take_agent(1, "regular", "a.1") == "R-001"
    written, tables = store.as_it_stands(1)
    assert [(row.table, row.row) for row in written] == [("agents", "R-001")]
    assert {(row.table, row.row, row.version, row.value) for row in tables} == {
        ("tickets", "1", 1, "open"),
        ("agents", "R-001", 2, "1"),
        ("agents", "S-001", 1, ""),
    }


def test_a_connection_that_is_used_as_the_store_is_closed_is_closed_when_it_is_given_back(ground: Ground) -> None:
    store, closed = ground.create("atomic"), list[object]()
    sa.event.listen(store._reads, "close", lambda connection, _: closed.append(connection))  # noqa: SLF001
    with store._reading():  # noqa: SLF001 - as a thread does at some moment
        store.close()
        assert closed == []
    assert len(closed) == 1
