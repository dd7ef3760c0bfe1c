"""Where what a row says is written, and where a ticket stopped."""

from typing import Any

import pytest

from harness.history.model import Attempt, History
from harness.history.run_records import FaultBegun
from harness.judging.evidence import Evidence
from harness.judging.metrics.row import Row, amount, became, clock, of_tickets
from harness.judging.metrics.sources import fault_source, role_source, stopped
from harness.planning.plan import Plan
from systems.desk.records import PointReached, Struck
from tests.support import histories
from tests.support.histories import A, B, amended, ns

FILES = {"5-1": "receiver-0-5-1.jsonl", "9-1": "harness-0-9-1.jsonl", A: f"worker-1-{A}.jsonl"}


def test_a_record_of_a_role_is_named_by_the_file_of_that_role(made: Plan) -> None:
    evidence = Evidence(made, History("sync", 1, journals=FILES))
    assert role_source(evidence, "harness", 4) == "journal/harness-0-9-1.jsonl:5"
    assert role_source(evidence, "supervisor", 4) == "journal/supervisor:5"


def blow(point: str, seq: int) -> Struck:
    return Struck(seq, ns(1), point, 1, "a", 1, "close_ticket", 1, "before_effect", "hang")


def reached(point: str, seq: int) -> PointReached:
    return PointReached(seq, ns(1), point, "a", 1, "close_ticket", 1, "before_effect")


def test_a_fault_is_named_by_the_first_record_that_tells_of_it(made: Plan) -> None:
    history = History("sync", 1, journals=FILES)
    evidence = Evidence(made, history)
    assert fault_source(evidence, "1.1") == "plan.json"
    history.points = [(B, reached("1.2", 6)), (A, reached("1.1", 7)), (B, reached("1.1", 8))]
    assert fault_source(evidence, "1.1") == f"journal/worker-1-{A}.jsonl:8"
    history.strikes = [(A, blow("1.2", 1)), (B, blow("1.1", 2)), (A, blow("1.1", 3))]
    assert fault_source(evidence, "1.1") == f"journal/{B}:3"
    history.faults_begun["1.1"] = FaultBegun(30, ns(1), "1.1", 0)
    assert fault_source(evidence, "1.1") == "journal/harness-0-9-1.jsonl:31"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"result": "done", "ended": 9}, "nothing came after close_ticket #2"),
        ({"error": "transient", "ended": 9}, "close_ticket #2 broke with transient"),
        ({}, "close_ticket #2 never ended"),
    ],
)
def test_a_ticket_stopped_where_its_last_attempt_did(made: Plan, changes: dict[str, Any], words: str) -> None:
    history = History("sync", 1)
    evidence = Evidence(made, history)
    assert stopped(evidence, 1) == "no step of it was ever begun"
    history.attempts = [Attempt("a", 1, "agent_resolve", 1, 1), Attempt("b", 1, "close_ticket", 2, 2, **changes)]
    evidence = Evidence(made, history)
    assert stopped(evidence, 1) == words
    assert became(evidence, 1) == f"did not end: {words}; no trace of it anywhere"


def test_tickets_are_rows_in_their_order_by_their_first_submission(made: Plan) -> None:
    history = History("sync", 1)
    histories.submit(history, 4)
    histories.submit(history, 4, n=2, at=90)
    history.submitted = [amended(submission, seq=seq) for seq, submission in enumerate(history.submitted, start=5)]
    rows = of_tickets(Evidence(made, history), [8, 4], lambda _, ticket: f"is number {ticket}")
    assert list(rows) == [
        Row("T-0004 is number 4", "journal/harness:6", 4),
        Row("T-0008 is number 8", "journal/harness:1", 8),
    ]


def test_numbers_and_moments_are_told_to_the_microsecond(made: Plan) -> None:
    assert [amount(value) for value in (1.23456789, 12345678.9, 3.0)] == ["1.234568", "12345678.9", "3"]
    assert clock(Evidence(made, History("sync", 1)))(2_000_000_000) == "2 s"
