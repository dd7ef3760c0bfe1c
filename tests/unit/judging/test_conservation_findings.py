"""What is found where clients, store, receiver and journals disagree: the verdict with its words, in whole."""

from pathlib import Path

import pytest

from harness.history.model import Request
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.conservation import conservation
from harness.planning.plan import Plan
from systems.desk.rows import TableRow
from tests.support import histories
from tests.support.histories import A, B, amended, ns, sound

AUDITED = "version 6 'resolved' by the audit"


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


def test_clients_and_records_that_agree_are_told_with_their_number(made: Plan) -> None:
    evidence, _ = sound(made)
    words = "clients, store, receiver and journals agree on 4 submitted tickets"
    assert conservation(evidence) == CheckFinding("valid", words)


def test_every_trace_of_a_ticket_that_nobody_sent_is_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.submitted = [submission for submission in history.submitted if submission.ticket != 1]
    history.audit, history.tables, history.ledger, history.answered = [], [], [], []
    history.attempts = [attempt for attempt in history.attempts if attempt.ticket in {-1, 1, 2}]
    history.attempts.append(amended(history.attempts[-1], id="eight", ticket=8))
    history.requests = [Request("r", A, 1, ns(2)), Request("s", A, -1, ns(2))]
    words = [
        "T-0001 was never submitted and has an attempt",
        "T-0008 was never submitted and has an attempt",
        "T-0001 was never submitted and has a request",
    ]
    assert conservation(evidence) == CheckFinding("invalid", ", ".join(words))


def test_a_refused_ticket_that_ran_is_named_and_no_other(made: Plan) -> None:
    evidence, history = sound(made)
    history.attempts = [attempt for attempt in history.attempts if attempt.ticket != 3]
    history.attempts.append(amended(history.attempts[-1], id="eight", ticket=8))
    histories.submit(history, 8, at=40)
    history.answered = [answer for answer in history.answered if answer.ticket not in {1, 3, 8}]
    for ticket in (1, 3, 8):
        histories.answer(history, ticket, 90, "fail")
    words = "definitely refused, and yet steps of theirs ran: T-0001, T-0008"
    assert conservation(evidence) == CheckFinding("invalid", words)


def test_an_answer_that_is_not_the_stores_end_is_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.answered = [amended(answer, state="backlog") for answer in history.answered if answer.ticket > 0]
    words = [f"T-000{number} was answered backlog, and the store has resolved" for number in (1, 2, 3, 4)]
    assert conservation(evidence) == CheckFinding("invalid", ", ".join(words))


def test_an_answer_of_an_end_that_the_store_does_not_have_is_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.audit = [row for row in history.audit if (row.row, row.value) != ("4", "resolved")]
    history.tables = None
    history.totals = None
    words = "T-0004 was answered resolved, and the store has no end of it"
    assert conservation(evidence) == CheckFinding("invalid", words)


@pytest.mark.parametrize(
    "answer", [{"outcome": "info", "state": "backlog"}, {"outcome": "ok", "state": "paused"}, {"outcome": "ok"}]
)
def test_only_an_end_that_was_promised_binds(made: Plan, answer: dict[str, str]) -> None:
    evidence, history = sound(made)
    history.answered = [answered for answered in history.answered if answered.ticket != 4]
    histories.answer(history, 4, 120, **answer)
    assert conservation(evidence).verdict == "valid"


def test_a_ticket_that_two_requests_walked_may_be_answered_by_either(made: Plan) -> None:
    evidence, history = sound(made)
    history.answered = [
        amended(answer, state="backlog") if answer.ticket == 4 else answer for answer in history.answered
    ]
    assert conservation(evidence).verdict == "invalid"
    history.requests.append(Request("second", B, 4, ns(50)))
    assert conservation(evidence).verdict == "valid"


def test_a_store_that_cannot_be_read_is_unknown_only_where_it_was_exported(made: Plan) -> None:
    evidence, history = sound(made)
    history.tables = None
    assert conservation(evidence) == CheckFinding("unknown", "the store's tables cannot be read")
    history.totals = None
    assert conservation(evidence).verdict == "valid"


@pytest.mark.parametrize(
    ("row", "verdict", "words"),
    [
        (TableRow("tickets", "77", 1, "open"), "unknown", "version 1 'open' in the store, nothing by the audit"),
        (TableRow("agents", "R-077", 1, ""), "valid", ""),
        (TableRow("agents", "R-077", 2, ""), "unknown", "version 2 '' in the store, nothing by the audit"),
        (TableRow("agents", "R-077", 1, "4"), "unknown", "version 1 '4' in the store, nothing by the audit"),
        (TableRow("tickets", "4", 6, "open"), "invalid", f"version 6 'open' in the store, {AUDITED}"),
        (TableRow("tickets", "4", 5, "open"), "invalid", f"version 5 'open' in the store, {AUDITED}"),
        (TableRow("tickets", "4", 7, "resolved"), "unknown", f"version 7 'resolved' in the store, {AUDITED}"),
        (None, "invalid", f"nothing in the store, {AUDITED}"),
    ],
)
def test_the_store_stands_as_its_audit_left_it(made: Plan, row: TableRow | None, verdict: str, words: str) -> None:
    evidence, history = sound(made)
    is_replaced = row is None or row.row == "4"
    kept = [stored for stored in history.tables or [] if not (is_replaced and stored.row == "4")]
    history.tables = [*kept, *([row] if row else [])]
    finding = conservation(evidence)
    assert finding.verdict == verdict
    assert finding.detail.partition(": ")[2] == words


@pytest.mark.parametrize(("rows", "verdict"), [(2, "valid"), (3, "unknown")])
def test_a_ticket_may_have_as_many_rows_as_were_inserted(made: Plan, rows: int, verdict: str) -> None:
    evidence, history = sound(made)
    first = next(row for row in history.audit if (row.table, row.row) == ("tickets", "4"))
    history.audit.append(amended(first, id=len(history.audit) + 1, writer=f"{B}/r4"))
    history.tables = [*(history.tables or []), *[TableRow("tickets", "4", 3, "open")] * (rows - 1)]
    assert conservation(evidence).verdict == verdict


def test_every_row_that_differs_is_named_in_order(made: Plan) -> None:
    evidence, history = sound(made)
    history.tables = [
        amended(row, value="x") if row.row in {"1", "2", "3", "R-001"} else row for row in history.tables or []
    ]
    assert [words.partition(":")[0] for words in conservation(evidence).detail.split(", ") if ":" in words] == [
        "agents R-001",
        "tickets 1",
        "tickets 2",
        "tickets 3",
    ]
