"""The board: what a person sees of a system's tickets, from the records that its processes write."""

from typing import Any

import msgspec
import pytest

from harness.faults.spec import PlannedTicket
from harness.live import board as boards
from harness.live.board import Board
from harness.live.ticket_view import TicketView
from systems.desk import records
from systems.desk.model import BUSY, Priority, Ticket
from systems.desk.outcomes import Outcomes
from systems.desk.path import oracle
from systems.desk.rows import AuditRow, LedgerEntry, TimelineEntry

SECOND = 1_000_000_000
SMOOTH = Outcomes(kb_miss=0, resolution_invalid=0, needs_escalation=0, escalation_rejected=0, fix_fails=0)


def planned(number: int = 1, priority: Priority = Priority.MEDIUM) -> PlannedTicket:
    return PlannedTicket(number, priority.value, 0.0, oracle(Ticket(number, priority), SMOOTH, 1))


def board(*numbers: int, resumes: bool = False) -> Board:
    made = Board(resumes, "one/1/journal")
    for index in (0, 1):
        made.ready(f"w{index}", index, 0, is_again=False)
    for number in numbers or (1,):
        made.sent(planned(number), "Ada Moreau", "site is down", 0)
        made.client(number, 1, 0)
    return made


class Worker:
    """A worker's journal, as the board is told of it."""

    def __init__(self, on: Board, proc: str = "w0") -> None:
        self.on, self.proc, self.seq = on, proc, 0

    def write(self, kind: Any, at_s: float, **fields: Any) -> None:
        self.seq += 1
        self.on.record(self.proc, f"worker-{self.proc}.jsonl", kind(self.seq, int(at_s * SECOND), **fields))

    def begins(self, step: str, at_s: float, ticket: int = 1, visit: int = 1) -> str:
        name = f"{self.proc}.{self.seq}"
        self.write(records.AttemptStarted, at_s, attempt=name, ticket=ticket, step=step, visit=visit, walk="w")
        return name

    def ends(self, attempt: str, at_s: float, **how: str) -> None:
        self.write(records.AttemptEnded, at_s, attempt=attempt, **how)


def stored(on: Board, state: str, entry: TimelineEntry | None = None, at_s: float = 1.0) -> None:
    text = "" if entry is None else msgspec.json.encode(entry).decode()
    on.row(AuditRow(1, "tickets", "1", 1, 2, 1, "w", int(at_s * SECOND), state, text))


def view(on: Board) -> TicketView:
    return on.tickets[1]


def said(on: Board) -> list[str]:
    return [sentence.said for sentence in on.take_sentences()]


def seconds(moment: int) -> float:
    return moment / SECOND


def test_a_path_fills_step_by_step_and_says_where_the_ticket_is() -> None:
    on = board()
    worker = Worker(on)
    worker.ends(worker.begins("assign_agent", 1.0), 1.1, result="assigned")
    stored(on, "open", TimelineEntry("assign_agent", 1, "first", "assigned", "w0.0", "R-001"))
    worker.begins("agent_investigate", 1.2)
    row = view(on).row(on.workers, seconds)
    assert row["path"] == [
        {"step": "assign_agent", "visit": 1, "purpose": "first", "result": "assigned", "attempts": 1},
        {"step": "agent_investigate", "visit": 1, "purpose": "", "result": None, "attempts": 1},
    ]
    assert (row["in"], row["waits"], row["worked_on"], row["changed_s"]) == (0, None, True, 1.2)
    assert row["ahead"] == len(planned().oracle.path) - 2
    assert said(on) == ["T-0001: assign_agent → assigned (worker 0)"]


def test_work_that_died_and_goes_on_elsewhere_is_told_with_the_time_between() -> None:
    on = board(resumes=True)
    Worker(on).begins("agent_investigate", 1.0)
    on.gone("w0", 2 * SECOND, "was killed")
    assert view(on).is_worked_on
    Worker(on, "w1").begins("agent_investigate", 4.1)
    assert said(on) == [
        "worker 0 was killed in agent_investigate of T-0001",
        "2.1 s after worker 0 was killed, worker 1 began agent_investigate of T-0001 again",
    ]
    assert on.tally()["resumed_after_s"] == 2.1
    row = view(on).row(on.workers, seconds)
    assert (row["attempts"], row["repeated"], row["in"]) == (2, 1, 1)


def test_a_request_that_died_leaves_a_ticket_that_nobody_works_on() -> None:
    on = board(resumes=False)
    worker = Worker(on)
    worker.write(records.RequestOpened, 0.5, request="w0.r1", ticket=1)
    worker.begins("agent_investigate", 1.0)
    on.gone("w0", 2 * SECOND, "was killed")
    assert view(on).is_worked_on  # its client waits still
    on.client(1, -1, 3 * SECOND, "info")
    assert not view(on).is_worked_on
    assert said(on)[-1] == "nobody works on T-0001 any more"
    assert (on.tally()["lost"], on.tally()["open"]) == (1, 1)


def test_a_ticket_that_has_ended_is_not_lost() -> None:
    on = board()
    on.client(1, -1, SECOND, "ok")
    stored(on, "resolved")
    tally = on.tally()
    assert (tally["finished"], tally["failed"], tally["lost"], tally["open"]) == (1, 0, 0, 0)
    assert not view(on).is_worked_on


def test_a_ticket_whose_answer_was_read_before_its_end_is_not_called_lost() -> None:
    on = board(resumes=False)
    on.client(1, -1, SECOND, "ok")
    assert (view(on).is_worked_on, on.tally()["lost"]) == (True, 0)
    stored(on, "resolved", at_s=0.9)
    on.review(10 * SECOND)
    assert said(on) == ["T-0001 has ended: resolved"]


@pytest.mark.parametrize("last", ["client", "request"])
def test_a_ticket_that_was_answered_and_does_not_end_is_lost_a_moment_later(last: str) -> None:
    on = board(resumes=False)
    worker = Worker(on)
    worker.write(records.RequestOpened, 0.5, request="w0.r1", ticket=1)
    worker.begins("assign_agent", 0.5)
    worker.ends("w0.1", 0.6, error="Transient")
    if last == "request":
        on.client(1, -1, SECOND, "info")
    worker.write(records.RequestClosed, 1.0, request="w0.r1", ticket=1, state="open", status=500)
    if last == "client":
        on.client(1, -1, SECOND, "fail")
    on.review(int(1.3 * SECOND))
    assert on.tally()["lost"] == 0
    on.review(2 * SECOND)
    assert on.tally()["lost"] == 1
    assert said(on)[-1] == "nobody works on T-0001 any more"


def test_waiting_has_its_reason() -> None:
    on = board(resumes=True)
    worker = Worker(on)
    assert view(on).waits_for(has_workers=True) == "worker"
    worker.ends(worker.begins("assign_agent", 1.0), 1.0, result=BUSY)
    assert view(on).waits_for(has_workers=True) == "agent"
    assert view(on).summary()["attempts"] == 0  # an answer, and no attempt
    worker.ends(worker.begins("assign_agent", 1.1), 1.2, error="Transient")
    assert view(on).waits_for(has_workers=True) == "retry"
    worker.ends(worker.begins("assign_agent", 1.3), 1.4, result="assigned")
    assert view(on).waits_for(has_workers=True) is None
    on.stands_still(1, 2 * SECOND)
    assert view(on).waits_for(has_workers=True) == "operator"
    assert (view(on).shown_state, on.tally()["paused"]) == ("paused", 1)
    on.let_go(1, 3 * SECOND)
    assert view(on).shown_state == "open"


def test_an_agent_is_shown_as_long_as_the_ticket_holds_them() -> None:
    on = board()
    taken = AuditRow(1, "agents", "R-007", 1, 2, 1, "w", 1, "1")
    on.row(taken)
    assert view(on).agent == "R-007"
    on.row(msgspec.structs.replace(taken, value=""))
    assert view(on).agent is None


def test_a_message_that_goes_out_again_is_counted_and_a_dropped_one_is_not() -> None:
    on = board()
    first = LedgerEntry(0, SECOND, 1, "notify_customer", "solution", 1, "a", applied=True)
    dropped = msgspec.structs.replace(first, applied=False)
    for entry in (first, dropped, first):
        on.effect(entry)
    assert on.tally()["sent_twice"] == 1
    assert said(on) == ["T-0001: notify_customer (solution) was sent again: it is out 2 times"]


def test_what_an_earlier_life_had_under_way_went_with_it() -> None:
    on = board(resumes=False)
    on.client(1, -1, 0)
    Worker(on, "old").begins("agent_investigate", 1.0)
    on.bury_strangers({"w0"}, 2 * SECOND)
    assert (view(on).procs, view(on).is_worked_on) == (set(), False)


def test_rows_follow_who_serves() -> None:
    on = board(1, 2)
    on.take_changes()
    Worker(on, "new").begins("assign_agent", 1.0, ticket=2)
    on.take_changes()
    on.ready("new", 0, SECOND, is_again=True)
    assert on.take_changes() == {2}  # in which worker it is can only now be said
    for proc in ("w0", "w1"):
        on.gone(proc, 2 * SECOND, "was killed")
    assert on.take_changes() == set()
    on.gone("new", 3 * SECOND, "was killed")
    assert on.take_changes() == {1, 2}  # all wait for a worker
    on.ready("again", 0, 4 * SECOND, is_again=True)
    assert on.take_changes() == {1, 2}


def test_only_tickets_that_changed_are_taken() -> None:
    on = board(1, 2)
    assert on.take_changes() == {1, 2}
    Worker(on).begins("assign_agent", 1.0, ticket=2)
    assert on.take_changes() == {2}
    assert on.take_changes() == set()


def test_of_many_tickets_those_that_ended_first_are_dropped_and_the_open_ones_stay(monkeypatch: Any) -> None:
    monkeypatch.setattr(boards, "SHOWN", 3)
    on = board(1, 2, 3)
    on.row(AuditRow(1, "tickets", "2", 1, 2, 1, "w", SECOND, "resolved"))
    on.take_changes()
    on.sent(planned(4), "Ada", "site is down", 0)
    assert list(on.tickets) == [1, 3, 4]
    assert on.take_changes() == {2, 4}
    assert on.tally()["finished"] == 1


def test_the_record_behind_a_sentence_is_named() -> None:
    on = board()
    Worker(on).write(
        records.Struck,
        1.0,
        point="1.1",
        token=1,
        attempt="a",
        ticket=1,
        step="agent_resolve",
        visit=1,
        window="before_effect",
        act="transient",
    )
    (sentence,) = on.take_sentences()
    assert sentence.said == "a transient error strikes agent_resolve of T-0001"
    assert sentence.record is not None
    assert (sentence.record.file, sentence.record.seq) == ("one/1/journal/worker-w0.jsonl", 1)


def test_a_ticket_that_was_refused_is_not_lost() -> None:
    on = board(resumes=True)
    on.client(1, -1, SECOND, "fail")
    assert (on.tally()["refused"], on.tally()["lost"], on.tally()["open"]) == (1, 0, 1)
    assert said(on) == ["T-0001 was refused"]
    Worker(on).begins("assign_agent", 2.0)
    assert on.tally()["refused"] == 0
