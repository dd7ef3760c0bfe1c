"""The service in this process: what it answers, what it journals, and which walks it lets begin."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from systems.desk.config import Locking
from systems.desk.live import dialect
from systems.desk.live.identity import proc_of
from systems.desk.live.store import Store
from systems.desk.model import Priority, Ticket, Window
from systems.desk.points import PointSpec
from systems.desk.records import AttemptStarted, LockError, RequestClosed, RequestOpened
from systems.desk.rows import TimelineEntry
from systems.sync.settings import SyncSettings
from tests.support.chaos import wait_for
from tests.support.desks import Receiver, journaled
from tests.unit.systems.sync.served import BY_DEFAULT, LOW, MEDIUM, serving


def test_a_ticket_is_walked_to_its_end_and_can_be_looked_at(tmp_path: Path, outside: Receiver) -> None:
    with serving(tmp_path, outside) as service:
        assert service.client.get("/tickets/T-0001").status_code == 404
        assert service.post(LOW) == (200, {"ticket": "T-0001", "state": "resolved"})
        looked = service.client.get("/tickets/T-0001").get_json()
    assert (looked["state"], looked["agent"], looked["timeline"][0]) == (
        "resolved",
        None,
        {"step": "send_auto_response", "visit": 1, "result": "done"},
    )
    found = [one for one in journaled(tmp_path) if isinstance(one, RequestOpened | RequestClosed)]
    assert [type(one) for one in found] == [RequestOpened, RequestClosed]
    opened, closed = found
    assert (opened.request, opened.ticket) == (closed.request, closed.ticket)
    assert isinstance(closed, RequestClosed)
    assert (closed.state, closed.status) == ("resolved", 200)


def test_a_terminal_ticket_is_answered_from_the_store(tmp_path: Path, outside: Receiver) -> None:
    with serving(tmp_path, outside) as service:
        first = service.post(LOW)
        attempts = service.attempts()
        assert service.post(LOW) == first
        assert service.attempts() == attempts


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        7,
        {},
        {"ticket": "T-0001"},
        {"ticket": 7, "priority": "low"},
        {"ticket": "X", "priority": "low"},
        {"ticket": "T-0001", "priority": "urgent"},
    ],
)
def test_what_is_no_ticket_is_refused_and_leaves_no_trace(tmp_path: Path, body: Any) -> None:
    with serving(tmp_path, None) as service:
        status, answer = service.post(body)
        assert (status, list(answer)) == (400, ["error"])
        assert service.store.changes(2) == []
        assert service.client.get("/tickets/nothing").status_code == 400
    assert len(journaled(tmp_path)) == 1


@pytest.mark.parametrize("locking", ["optimistic", "atomic"])
def test_a_ticket_that_is_being_walked_is_refused_where_its_id_is_unique(
    tmp_path: Path, outside: Receiver, locking: Locking
) -> None:
    with serving(tmp_path, outside, locking=locking) as service, ThreadPoolExecutor(1) as pool:
        with service.no_agent_free():
            first = service.post_beside(pool, MEDIUM)
            status, answer = service.post(MEDIUM)
            assert (status, answer["state"]) == (409, "open")
        assert first.result(20) == (200, {"ticket": "T-0001", "state": "resolved"})


def opened(folder: Path) -> list[RequestOpened]:
    return [record for record in journaled(folder) if isinstance(record, RequestOpened)]


def test_without_locking_it_is_walked_beside(tmp_path: Path, outside: Receiver) -> None:
    with serving(tmp_path, outside, locking="none") as service, ThreadPoolExecutor(2) as pool:
        with service.no_agent_free():
            answers = [service.post_beside(pool, MEDIUM) for _ in range(2)]
            wait_for(lambda: len(opened(tmp_path)) == 2, "both are taken up before the first can end")
        assert [answer.result(20)[0] for answer in answers] == [200, 200]
    walks = {one.walk for one in journaled(tmp_path) if isinstance(one, AttemptStarted)}
    assert len(walks) == 2


@pytest.mark.parametrize("locking", ["optimistic", "atomic"])
def test_of_many_submissions_at_once_one_walks(tmp_path: Path, outside: Receiver, locking: Locking) -> None:
    with serving(tmp_path, outside, locking=locking) as service, ThreadPoolExecutor(6) as pool:
        with service.no_agent_free():
            answers = [pool.submit(service.post_beside, pool, MEDIUM) for _ in range(3)]
            given = [answer.result(20) for answer in answers]
            wait_for(lambda: sum(one.done() for one in given) == 2, "all but one are refused")
            assert sorted(one.result()[0] for one in given if one.done()) == [409, 409]
        assert sorted(one.result(20)[0] for one in given) == [200, 409, 409]
    assert len({one.walk for one in journaled(tmp_path) if isinstance(one, AttemptStarted)}) == 1


@pytest.mark.parametrize("locking", ["optimistic", "atomic"])
def test_a_walk_of_another_process_is_left_alone_until_that_process_is_dead(
    tmp_path: Path, outside: Receiver, locking: Locking
) -> None:
    with serving(tmp_path, outside, locking=locking) as service:
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            service.store.open_ticket(Ticket(1, Priority.LOW), "other.1", proc_of(other.pid))
            assert service.post(LOW)[0] == 409
        finally:
            other.kill()
            other.communicate()
        assert service.post(LOW) == (200, {"ticket": "T-0001", "state": "resolved"})


@pytest.mark.parametrize(
    ("settings", "end"), [(SyncSettings(rewalk="restart"), "resolved"), (BY_DEFAULT, "manual_intervention")]
)
def test_a_walk_that_ends_in_an_error_is_definite_and_can_be_walked_again(
    tmp_path: Path, outside: Receiver, settings: SyncSettings, end: str
) -> None:
    never_closes = PointSpec("1.1", 1, "close_ticket", Window.BEFORE_EFFECT, "permanent", tokens=2)
    with serving(tmp_path, outside, never_closes, settings=settings) as service:
        status, answer = service.post(LOW)
        assert (status, answer["accepted"], answer["state"]) == (500, True, "failed")
        assert "close_ticket" in answer["error"]
        seen = service.store.read(1)
        assert seen is not None
        assert (seen.state, seen.walker) == ("open", "")
        assert service.post(LOW) == (200, {"ticket": "T-0001", "state": end})  # it goes on where it was: giving up
    closed = [(one.state, one.status) for one in journaled(tmp_path) if isinstance(one, RequestClosed)]
    assert closed == [("failed", 500), (end, 200)]
    walks = [one.walk for one in journaled(tmp_path) if isinstance(one, AttemptStarted)]
    assert len(set(walks)) == 2


def test_a_walk_that_breaks_unforeseen_is_answered_and_closed_too(
    tmp_path: Path, outside: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path, outside) as service:
        with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
            connection.execute("DROP TABLE agents")
        status, answer = service.post(MEDIUM)
        assert (status, answer["accepted"], answer["state"]) == (500, True, "failed")
        assert "no such table: agents" in answer["error"]
    assert "the walk of T-0001 broke" in caplog.text
    assert isinstance(journaled(tmp_path)[-1], RequestClosed)


def test_a_store_that_stays_locked_refuses_the_ticket_and_is_journaled(
    tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dialect, "BUSY_TIMEOUT_S", 0.05)
    with serving(tmp_path, outside) as service:
        with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            status, answer = service.post(LOW)
        assert (status, answer["accepted"]) == (503, False)
        assert service.store.read(1) is None
    assert "T-0001 was not accepted" in caplog.text
    assert any(isinstance(one, LockError) for one in journaled(tmp_path))


# -- second walks


def attempts_of_walks(folder: Path) -> list[list[str]]:
    """The steps that each walk attempted, in the order of the walks."""
    walks: dict[str, list[str]] = {}
    for one in journaled(folder):
        if isinstance(one, AttemptStarted):
            walks.setdefault(one.walk, []).append(f"{one.step}.{one.visit}")
    return list(walks.values())


MEDIUM_PATH = [
    "assign_agent.1",
    "agent_investigate.1",
    "agent_resolve.1",
    "notify_customer.1",
    "release_agent.1",
    "close_ticket.1",
]


@pytest.mark.parametrize(
    ("settings", "attempted", "messages"),
    [(BY_DEFAULT, MEDIUM_PATH[-1:], 0), (SyncSettings(rewalk="restart"), MEDIUM_PATH, 1)],
)
def test_a_second_walk_passes_over_what_is_recorded_unless_it_is_to_restart(
    tmp_path: Path, outside: Receiver, settings: SyncSettings, attempted: list[str], messages: int
) -> None:
    with serving(tmp_path, outside, settings=settings) as service:
        for step, result in RECORDED:
            record(service.store, step, result)
        assert service.post(MEDIUM) == (200, {"ticket": "T-0001", "state": "resolved"})
    assert attempts_of_walks(tmp_path) == [attempted]
    assert len(outside.ledger()) == messages


RECORDED = [
    ("assign_agent", "assigned"),
    ("agent_investigate", "solved"),
    ("agent_resolve", "done"),
    ("notify_customer", "done"),
    ("release_agent", "done"),
]
PURPOSES = {"assign_agent": "first", "notify_customer": "resolved", "release_agent": "done"}


def record(store: Store, step: str, result: str, purpose: str | None = None) -> None:
    """Record a step of ticket 1 as an earlier walk of a process that is dead would have."""
    store.open_ticket(Ticket(1, Priority.MEDIUM), "dead.open")
    seen = store.read(1)
    assert seen is not None
    told = PURPOSES.get(step, "") if purpose is None else purpose
    store.record(seen, TimelineEntry(step, 1, told, result, "dead.1"))


def test_without_locking_a_ticket_that_was_there_is_resumed_too(tmp_path: Path, outside: Receiver) -> None:
    with serving(tmp_path, outside, locking="none") as service:
        record(service.store, "assign_agent", "assigned")
        record(service.store, "note", "noted", "an operator's")
        assert service.post(MEDIUM)[0] == 200
    assert attempts_of_walks(tmp_path) == [MEDIUM_PATH[1:]]


# -- leases

LEASE_S = 0.4
LEASED = SyncSettings(walk_lease=LEASE_S)


@pytest.mark.parametrize("locking", ["optimistic", "atomic"])
def test_a_leased_walk_is_taken_over_when_its_lease_has_run_out_and_not_before(
    tmp_path: Path, outside: Receiver, locking: Locking
) -> None:
    with serving(tmp_path, outside, locking=locking, settings=LEASED) as service:
        began = time.monotonic()
        service.store.open_ticket(Ticket(1, Priority.LOW), "other.open", "1-1", LEASE_S)  # nobody with that pid lives
        status, answer = service.post(LOW)
        if time.monotonic() - began < LEASE_S:
            assert (status, answer["state"]) == (409, "open")
        wait_for(lambda: service.post(LOW)[0] == 200, "the lease runs out")
        assert time.monotonic() - began >= LEASE_S
    assert len(attempts_of_walks(tmp_path)) == 1


def test_a_walk_that_takes_longer_than_its_lease_keeps_it(tmp_path: Path, outside: Receiver) -> None:
    with serving(tmp_path, outside, settings=LEASED) as service, ThreadPoolExecutor(1) as pool:
        with service.no_agent_free():
            first = service.post_beside(pool, MEDIUM)
            end = time.monotonic() + 2 * LEASE_S
            wait_for(lambda: time.monotonic() > end, "two leases pass")
            assert service.store.is_leased(1)
            assert service.post(MEDIUM)[0] == 409
        assert first.result(20)[0] == 200


def test_a_leased_walk_that_ended_in_an_error_is_free_at_once(tmp_path: Path, outside: Receiver) -> None:
    never_closes = PointSpec("1.1", 1, "close_ticket", Window.BEFORE_EFFECT, "permanent", tokens=2)
    settings = SyncSettings(walk_lease=60.0)
    with serving(tmp_path, outside, never_closes, settings=settings) as service:
        assert service.post(LOW)[0] == 500
        assert service.post(LOW)[0] == 200


def test_a_walk_that_was_taken_over_makes_no_further_step(tmp_path: Path, outside: Receiver) -> None:
    with serving(tmp_path, outside, settings=SyncSettings(walk_lease=60.0)) as service, ThreadPoolExecutor(1) as pool:
        with service.no_agent_free():
            first = service.post_beside(pool, MEDIUM)
            seen = service.store.read(1)
            assert seen is not None
            assert service.store.hand_over(1, seen.walker, "other-1", "other.r1", lease_s=60.0)
            status, answer = first.result(20)
        assert (status, answer["state"]) == (409, "open")
        attempted = service.attempts()
        assert service.post(MEDIUM)[0] == 409
    assert [one for one in journaled(tmp_path) if isinstance(one, AttemptStarted)][attempted:] == []
    assert outside.ledger() == []
