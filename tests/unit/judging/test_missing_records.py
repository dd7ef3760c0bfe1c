"""What is missing from a record, and what contradicts it, is told by the right check and by no other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.history.model import History, Process
from harness.history.run_records import LiveAtEnd, Totals
from harness.judging.repetition import judge
from systems.desk.rows import TableRow
from tests.support import histories
from tests.support.histories import A, B, amended, not_valid, ns, whole

Change = Callable[[History], object]


def drop(records: list[Any], at: int) -> None:
    del records[at]


def vars_of(process: Process, **values: Any) -> None:
    for name, value in values.items():
        setattr(process, name, value)


MISSING: dict[str, Change] = {
    "a ledger line in the middle": lambda h: drop(h.ledger, -3),
    "the last ledger line": lambda h: drop(h.ledger, -1),
    "an exit": lambda h: setattr(h.processes[A], "exited", None),
    "bytes of a journal": lambda h: vars_of(
        h.processes[A], journal_bytes=90, exited=amended(h.processes[A].exited, journal_bytes=91)
    ),
    "bytes of the supervisor's journal": lambda h: setattr(
        h, "supervisor_left", amended(h.supervisor_left, journal_bytes=7)
    ),
    "the supervisor's end": lambda h: setattr(h, "supervisor_left", None),
    "an answer": lambda h: drop(h.answered, -1),
    "who was live at the end": lambda h: setattr(h, "at_end", None),
    "the repetition's end": lambda h: drop(h.phases, -1),
    "a residency": lambda h: setattr(h, "totals", amended(h.totals, residencies=1)),
    "an exported history": lambda h: setattr(h, "totals", amended(h.totals, histories=1)),
    "an audit row at the end": lambda h: setattr(h, "totals", amended(h.totals, audit=len(h.audit) + 1)),
}


@pytest.mark.parametrize("change", MISSING.values(), ids=MISSING)
def test_what_is_missing_is_unknown(tmp_path: Path, change: Change) -> None:
    made = histories.plan(tmp_path)
    history = whole(histories.healthy(made))
    assert not_valid(made, history) == {}
    change(history)
    assert not_valid(made, history) == {"journal_intact": "unknown"}


def test_of_two_submissions_alike_each_needs_its_answer(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, "faults:\n  - {kind: write_race, race: duplicate_submit, pairs: 4}\n")
    history = whole(histories.healthy(made))
    history.submitted.append(history.submitted[-1])
    assert not_valid(made, history)["journal_intact"] == "unknown"


def test_totals_that_are_missing_are_unknown(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = whole(histories.healthy(made))
    history.totals = None
    assert {c.name for c in judge(made, history, "sync").checks if c.verdict != "valid"} == {"journal_intact"}


def unseen_write(history: History) -> None:
    """The store has a later version of an agent than the audit tells of."""
    rows = history.tables or []
    at, row = next((n, one) for n, one in enumerate(rows) if one.table == "agents")
    rows[at] = amended(row, version=row.version + 1)


def row_was_never_audited(history: History) -> None:
    (history.tables or []).append(TableRow("tickets", "77", 1, "open"))


def other_value(history: History) -> None:
    rows = history.tables or []
    at, row = next((n, one) for n, one in enumerate(rows) if one.row == "1")
    rows[at] = amended(row, value="backlog")


def row_is_gone(history: History) -> None:
    history.tables = [one for one in history.tables or [] if one.row != "1"]


def effect_of_nobody(history: History) -> None:
    history.submitted = [one for one in history.submitted if one.ticket != 4]
    history.answered = [one for one in history.answered if one.ticket != 4]


def answered_otherwise(history: History) -> None:
    history.answered = [amended(one, state="backlog") if one.ticket == 4 else one for one in history.answered]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (unseen_write, "unknown"),
        (row_was_never_audited, "unknown"),
        (other_value, "invalid"),
        (row_is_gone, "invalid"),
        (effect_of_nobody, "invalid"),
        (answered_otherwise, "invalid"),
        (lambda history: setattr(history, "tables", None), "unknown"),
    ],
)
def test_sources_that_differ_are_told(tmp_path: Path, change: Change, verdict: str) -> None:
    made = histories.plan(tmp_path)
    history = whole(histories.healthy(made))
    change(history)
    assert not_valid(made, history)["conservation"] == verdict


def test_a_ticket_with_two_rows_has_the_versions_of_both(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    first = next(row for row in history.audit if row.row == "1")
    history.audit.append(amended(first, at=ns(90)))
    history = whole(history)
    (history.tables or []).append(TableRow("tickets", "1", 4, "resolved"))
    assert "conservation" not in not_valid(made, history)


def test_a_message_whose_attempt_ended_and_that_the_ledger_lacks_is_named(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    gone = history.ledger.pop()
    (check,) = [c for c in histories.judged(made, history).checks if c.name == "journal_intact"]
    assert (check.verdict, check.detail) == ("unknown", f"message {gone.attempt} has no line in the ledger")


def test_an_orchestration_that_is_open_beyond_its_tickets_end_is_no_quiet(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    history.at_end = LiveAtEnd(0, ns(200), (), (), (), (2, 3))
    assert not_valid(made, history) == {"quiescence": "unknown"}
    detail = next(c.detail for c in histories.judged(made, history).checks if c.name == "quiescence")
    assert detail == ("2 tickets were done in the store while their orchestration was still open: T-0002, T-0003")


def test_a_run_that_ended_early_lacks_only_what_comes_later(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = whole(histories.healthy(made))
    history.phases = [one for one in history.phases if one.name not in {"quiet", "end"}]
    history.phases.append(amended(history.phases[-1], name="interrupted"))
    history.totals, history.at_end, history.answered = Totals(0, 0, 0, 0, 0, 0), None, history.answered[:-1]
    assert not_valid(made, history) == {"quiescence": "unknown"}
    history.processes[B].exited = None
    assert not_valid(made, history) == {"quiescence": "unknown", "journal_intact": "unknown"}
