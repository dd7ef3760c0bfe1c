"""Steps as they are really done: their records, effects and errors, on a real store and a real receiver."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from systems.desk import records
from systems.desk.config import Locking
from systems.desk.live import dialect
from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal
from systems.desk.live.points import Points
from systems.desk.live.snapshot import Snapshot
from systems.desk.live.steps import LiveDesk
from systems.desk.live.store import StoreLocked
from systems.desk.model import (
    Branch,
    FixFailed,
    NoAgentAvailable,
    NoSolutionFound,
    Permanent,
    Priority,
    Step,
    StepCall,
    StepDone,
    Ticket,
    Transient,
    Window,
    WriteConflict,
)
from systems.desk.outcomes import Outcomes
from systems.desk.points import PointSpec
from systems.desk.records import AttemptEnded, AttemptStarted
from systems.desk.rows import TimelineEntry
from tests.support import desks
from tests.support.desks import Receiver, config, journaled, receiver, step_call

BADLY = Outcomes(kb_miss=1, resolution_invalid=1, no_agent=1, needs_escalation=1, escalation_rejected=1, fix_fails=1)
HIGH = Ticket(2, Priority.HIGH)
HELLO = step_call(Step.SEND_AUTO_RESPONSE, "received")


Opener = Callable[..., LiveDesk]


@pytest.fixture
def live_desk() -> Iterator[Opener]:
    """Open desks as `desks.live_desk` does, and close what they hold at the end."""
    with ExitStack() as opened:

        def open_one(*arguments: Any) -> LiveDesk:
            desk = desks.live_desk(*arguments)
            opened.enter_context(closing(desk.store))
            return desk

        yield open_one


NOWHERE = "http://127.0.0.1:9"
"""A receiver for steps that send nothing: nobody listens there."""


def seen(desk: LiveDesk, number: int = 1) -> Snapshot:
    found = desk.store.read(number)
    assert found is not None
    return found


def ends(folder: Path) -> list[tuple[str, str | None, str | None]]:
    return [(one.attempt, one.result, one.error) for one in journaled(folder) if isinstance(one, AttemptEnded)]


def test_a_message_is_journaled_sent_and_recorded_under_one_attempt(
    live_desk: Opener, tmp_path: Path, outside: Receiver
) -> None:
    desk = live_desk(tmp_path, outside.url, config())
    assert desk.perform(HELLO) == StepDone("done")
    _, started, ended = journaled(tmp_path)
    assert started == AttemptStarted(1, started.t, "1-1.1", 1, "send_auto_response", 1, "walk")
    assert ended == AttemptEnded(2, ended.t, "1-1.1", "done")
    (effect,) = outside.ledger()
    assert (effect.ticket, effect.step, effect.purpose, effect.nth) == (1, "send_auto_response", "received", 1)
    assert effect.attempt == "1-1.1"
    assert started.t < effect.t < ended.t
    assert seen(desk).entries() == [TimelineEntry("send_auto_response", 1, "received", "done", "1-1.1")]
    inserted, recorded = desk.store.changes(0)
    assert (inserted.writer, recorded.writer) == ("1-1.open", "1-1.1")
    assert effect.t < recorded.at < ended.t


def test_only_messages_leave_the_desk(live_desk: Opener, tmp_path: Path, outside: Receiver) -> None:
    desk = live_desk(tmp_path, outside.url, config())
    for step in Step:
        desk.perform(step_call(step, end="resolved" if step is Step.CLOSE_TICKET else ""))
    sent = {effect.step for effect in outside.ledger()}
    assert sent == {"send_auto_response", "notify_customer", "notify_management"}


@pytest.mark.parametrize(
    ("step", "ticket", "branch"),
    [
        (Step.SEARCH_KNOWLEDGE_BASE, Ticket(1, Priority.LOW), NoSolutionFound),
        (Step.APPLY_URGENT_FIX, HIGH, FixFailed),
        (Step.ASSIGN_AGENT, HIGH, NoAgentAvailable),
    ],
)
def test_a_branch_is_recorded_as_a_result_and_raised_again_by_a_retry(
    live_desk: Opener, tmp_path: Path, step: Step, ticket: Ticket, branch: type[Branch]
) -> None:
    desk = live_desk(tmp_path, NOWHERE, config(outcomes=BADLY))
    call = step_call(step, ticket=ticket)
    for _ in range(2):
        with pytest.raises(branch):
            desk.perform(call)
    assert ends(tmp_path) == [("1-1.1", branch.result, None), ("1-1.2", branch.result, None)]
    assert [(one.step, one.result, one.attempt) for one in seen(desk, ticket.number).entries()] == [
        (step.value, branch.result, "1-1.1")
    ]
    assert [row for row in desk.store.changes(0) if row.table == "agents" and row.value] == []


def test_an_urgent_ticket_gets_a_senior_agent_who_is_noted_and_released(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config())
    assert desk.perform(step_call(Step.ASSIGN_AGENT, "first", ticket=HIGH)) == StepDone("assigned", "S-001")
    assert seen(desk, 2).agent == "S-001"
    assert desk.perform(step_call(Step.RELEASE_AGENT, "done", ticket=HIGH)) == StepDone("done", "S-001")
    assert seen(desk, 2).agent is None
    assert [one.agent for one in seen(desk, 2).entries()] == ["S-001", "S-001"]


def test_a_ticket_that_is_not_urgent_gets_a_regular_agent(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config())
    assert desk.perform(step_call(Step.ASSIGN_AGENT, "first")).agent == "R-002"


def test_busy_is_an_answer_that_records_nothing(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config(regular=1))
    other = Ticket(3, Priority.MEDIUM)
    desk.perform(step_call(Step.ASSIGN_AGENT, "first", ticket=other))
    assert desk.perform(step_call(Step.ASSIGN_AGENT, "first")) == StepDone("busy")
    assert seen(desk).entries() == []
    desk.perform(step_call(Step.RELEASE_AGENT, "done", ticket=other))
    assert desk.perform(step_call(Step.ASSIGN_AGENT, "first")) == StepDone("assigned", "R-001")
    assert [result for _, result, _ in ends(tmp_path)] == ["assigned", "busy", "done", "assigned"]


@pytest.mark.parametrize("window", [Window.AFTER_EFFECT, Window.AFTER_RECORD])
def test_an_assignment_that_is_retried_keeps_its_agent(live_desk: Opener, tmp_path: Path, window: Window) -> None:
    fault = PointSpec("1.1", 1, "assign_agent", window, "transient")
    desk = live_desk(tmp_path, NOWHERE, config(), fault)
    call = step_call(Step.ASSIGN_AGENT, "first")
    with pytest.raises(Transient):
        desk.perform(call)
    assert desk.perform(call) == StepDone("assigned", "R-002")
    taken = [row for row in desk.store.changes(0) if row.table == "agents" and row.value]
    assert [(row.row, row.value, row.writer) for row in taken] == [("R-002", "1", "1-1.1")]


@pytest.mark.parametrize("locking", ["none", "optimistic", "atomic"])
def test_who_comes_too_late_to_assign_or_release_touches_no_agent(
    live_desk: Opener, tmp_path: Path, locking: Locking
) -> None:
    desk = live_desk(tmp_path, NOWHERE, config(locking=locking))
    first, done = step_call(Step.ASSIGN_AGENT, "first"), step_call(Step.RELEASE_AGENT, "handover")
    again = replace(step_call(Step.ASSIGN_AGENT, "again"), visit=2)
    for call in (first, done, again):
        desk.perform(call)
    before = desk.store.changes(0)
    assert desk.perform(first) == StepDone("assigned", "R-002")
    assert desk.perform(done) == StepDone("done", "R-002")
    assert desk.store.changes(0) == before


def test_closing_ends_the_ticket_and_later_steps_leave_it_alone(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config())
    assert desk.perform(step_call(Step.CLOSE_TICKET, end="backlog")) == StepDone("backlog")
    closed = seen(desk)
    assert closed.state == "backlog"
    desk.perform(step_call(Step.AGENT_RESOLVE))
    desk.perform(step_call(Step.CLOSE_TICKET, visit=2, end="resolved"))
    assert seen(desk) == closed


@pytest.mark.parametrize(
    ("window", "sent", "recorded"),
    [(Window.BEFORE_EFFECT, 0, 0), (Window.AFTER_EFFECT, 1, 0), (Window.AFTER_RECORD, 1, 1)],
)
@pytest.mark.parametrize(("act", "error"), [("transient", Transient), ("permanent", Permanent)])
def test_a_failure_leaves_what_its_window_says_and_a_retry_completes_it(
    live_desk: Opener,
    tmp_path: Path,
    outside: Receiver,
    window: Window,
    sent: int,
    recorded: int,
    act: str,
    error: type[Exception],
) -> None:
    fault = PointSpec("1.1", 1, "send_auto_response", window, "transient" if act == "transient" else "permanent")
    desk = live_desk(tmp_path, outside.url, config(), fault)
    with pytest.raises(error):
        desk.perform(HELLO)
    assert (len(outside.ledger()), len(seen(desk).entries())) == (sent, recorded)
    assert ends(tmp_path) == [("1-1.1", None, error.__name__)]
    assert desk.perform(HELLO) == StepDone("done")
    assert [effect.attempt for effect in outside.ledger()] == ["1-1.1", "1-1.2"][-1 - sent :]
    assert [one.attempt for one in seen(desk).entries()] == [f"1-1.{2 - recorded}"]


class Onlooker(Points):
    """Does something at every window that an attempt passes."""

    def __init__(self, folder: Path, act: Callable[[Window], None]) -> None:
        super().__init__((), folder, Journal.open(folder / "journal", "worker", 1, "one"), Channel(None))
        self._act_at = act

    def touch(self, call: StepCall, window: Window, attempt: str) -> None:
        super().touch(call, window, attempt)
        self._act_at(window)


@pytest.mark.parametrize("locking", ["none", "optimistic", "atomic"])
def test_no_window_of_any_step_stands_inside_a_transaction(
    live_desk: Opener, tmp_path: Path, outside: Receiver, locking: Locking
) -> None:
    desk = live_desk(tmp_path, outside.url, config(locking=locking))
    passed = []

    def write_at_once(window: Window) -> None:
        with closing(sqlite3.connect(tmp_path / "store.sqlite", timeout=0, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        passed.append(window)

    desk.points = Onlooker(tmp_path, write_at_once)
    for number, step in enumerate(Step, start=1):
        end = "resolved" if step is Step.CLOSE_TICKET else ""
        desk.perform(step_call(step, ticket=Ticket(number, Priority.HIGH), end=end))
    assert passed == [Window.BEFORE_EFFECT, Window.AFTER_EFFECT, Window.AFTER_RECORD] * len(Step)


def test_a_write_that_a_safeguard_refused_is_a_conflict_and_transient(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config(locking="optimistic"))
    call = step_call(Step.AGENT_RESOLVE)

    def interfere(window: Window) -> None:
        if window is Window.BEFORE_EFFECT:
            desk.store.record(seen(desk), TimelineEntry("note", 1, "", "done", "operator"))
            desk.points = None

    desk.points = Onlooker(tmp_path, interfere)
    with pytest.raises(WriteConflict):
        desk.perform(call)
    (conflict,) = [one for one in journaled(tmp_path) if isinstance(one, records.Conflict)]
    assert (conflict.attempt, conflict.ticket, conflict.table) == ("1-1.1", 1, "tickets")
    assert ends(tmp_path) == [("1-1.1", None, "WriteConflict")]
    assert desk.perform(call) == StepDone("done")
    assert [one.step for one in seen(desk).entries()] == ["note", "agent_resolve"]


def test_a_receiver_that_is_gone_is_transient(live_desk: Opener, tmp_path: Path) -> None:
    with receiver(tmp_path) as mortal:
        desk = live_desk(tmp_path, mortal.url, config())
        desk.perform(HELLO)
    with pytest.raises(Transient, match="the receiver did not answer"):
        desk.perform(replace(HELLO, visit=2, nth=2))


def test_a_receiver_that_refuses_is_transient(live_desk: Opener, tmp_path: Path, outside: Receiver) -> None:
    desk = live_desk(tmp_path, f"{outside.url}/elsewhere", config())
    with pytest.raises(Transient, match="404"):
        desk.perform(HELLO)


def test_a_lock_that_is_never_freed_is_journaled_as_the_grounds_fault(
    live_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "BUSY_TIMEOUT_S", 0.05)
    desk = live_desk(tmp_path, NOWHERE, config())
    with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked):
            desk.perform(step_call(Step.AGENT_RESOLVE))
    (error,) = [one for one in journaled(tmp_path) if isinstance(one, records.LockError)]
    assert (error.attempt, error.message) == ("1-1.1", "database is locked")
    assert ends(tmp_path) == [("1-1.1", None, "StoreLocked")]


def test_whatever_breaks_an_attempt_is_journaled(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config())
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("DROP TABLE agents")
    with pytest.raises(sa.exc.OperationalError):
        desk.perform(step_call(Step.ASSIGN_AGENT, "first"))
    ((attempt, result, error),) = ends(tmp_path)
    assert (attempt, result) == ("1-1.1", None)
    assert error is not None
    assert error.startswith("OperationalError: ")


def test_a_step_takes_its_time_and_a_canary_none(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config(step_s=0.25))
    took: list[float] = []
    for number in (1, -1):
        desk.perform(step_call(Step.AGENT_RESOLVE, ticket=Ticket(number, Priority.LOW)))
        started, ended = journaled(tmp_path)[-2:]
        took.append((ended.t - started.t) / 1e9)
    assert took[0] >= 0.25
    assert took[1] < took[0]


def test_a_ticket_opened_at_acceptance_has_the_walker_who_was_first(live_desk: Opener, tmp_path: Path) -> None:
    desk = live_desk(tmp_path, NOWHERE, config())
    assert desk.open(Ticket(4, Priority.LOW), "10-20")
    assert not desk.open(Ticket(4, Priority.LOW), "10-21")
    assert seen(desk, 4).walker == "10-20"
