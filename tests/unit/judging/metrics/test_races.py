"""Races, against literal audits: who wrote over what he had not read, and who was refused."""

from pathlib import Path

import msgspec
import pytest

from harness.history.model import History
from harness.history.run_records import LiveAtEnd, OperatorWrote
from harness.planning.plan import Plan
from systems.desk.records import Conflict
from tests.support import histories
from tests.support.histories import B, judged, ns
from tests.unit.judging.metrics.figures import RACES, changed, of


def overwrite(history: History, writer: str, *, table: str = "tickets", row: str = "4", at: float = 83) -> None:
    histories.write(history, table, row, writer, at, "open", behind=1)
    histories.in_order(history)


def test_a_write_over_what_its_writer_had_not_read_is_a_lost_update(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    overwrite(history, close.id, at=90)
    assert changed(judged(made, history), *RACES) == {"lost_updates": 1}


@pytest.mark.parametrize("newer", ["close_ticket", "a retry of the same step"])
def test_a_superseded_writer_is_stale_and_loses_no_update(made: Plan, newer: str) -> None:
    history = histories.healthy(made)
    (late,) = histories.tries(history, 4, "validate_resolution")
    if newer == "close_ticket":
        overwrite(history, late.id, at=90)
    else:
        (close,) = histories.tries(history, 4, "close_ticket")
        late = msgspec.structs.replace(close, id="old", started=close.started - 1, ended=None, result=None)
        history.attempts.append(late)
        overwrite(history, "old", at=90)
    assert changed(judged(made, history), *RACES) == {"stale_writes": 1}


def test_a_writer_that_was_up_to_date_or_read_nothing_races_with_nobody(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.write(history, "tickets", "4", close.id, 90, "resolved")
    last = history.audit[-1]
    again = last.new_version
    history.audit.append(
        msgspec.structs.replace(last, id=999, old_version=again, new_version=again + 1, read_version=None, at=ns(91))
    )
    assert changed(judged(made, history), *RACES) == {}
    assert judged(made, history).counted_twice == {}


def test_a_lost_update_on_an_agents_row_counts_and_one_on_a_canarys_ticket_does_not(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    overwrite(history, close.id, table="tickets", row="-1", at=90)
    histories.write(history, "agents", "R-001", close.id, 190, "", behind=1)
    assert changed(judged(made, history), *RACES) == {"lost_updates": 1}


def test_a_later_attempt_supersedes_only_if_it_is_what_was_missed(made: Plan) -> None:
    history = histories.healthy(made)
    (late,) = histories.tries(history, 4, "validate_resolution")
    histories.write(history, "tickets", "4", "operator", 88, "resolved")
    overwrite(history, late.id, at=90)
    assert changed(judged(made, history), *RACES) == {"lost_updates": 1}


def test_a_later_attempt_of_another_ticket_supersedes_nobody(made: Plan) -> None:
    history = histories.healthy(made)
    early = histories.tries(history, 4, "send_auto_response")[0]
    overwrite(history, early.id, table="agents", row="R-001", at=90)
    history.audit = [msgspec.structs.replace(row, value="") if row.at == ns(90) else row for row in history.audit]
    assert changed(judged(made, history), *RACES) == {"lost_updates": 1}


def test_an_agent_given_away_while_held_is_assigned_twice(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.write(history, "agents", "S-001", close.id, 50, "4")
    histories.in_order(history)
    assert changed(judged(made, history), *RACES) == {"double_assignments": 1}
    assert judged(made, history).counted_twice == {}


def test_an_agent_given_away_by_who_had_not_read_that_he_is_held_is_one_write_in_two_counts(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.write(history, "agents", "S-001", close.id, 50, "4", behind=1)
    histories.in_order(history)
    assert changed(judged(made, history), *RACES) == {"double_assignments": 1, "lost_updates": 1}
    assert judged(made, history).counted_twice == {"lost_updates": 1}


def test_the_operator_whose_write_was_to_be_stale_loses_no_update(tmp_path: Path) -> None:
    races = "faults:\n  - {kind: write_race, race: lost_update}\n  - {kind: write_race, race: stale_write}\n"
    made = histories.plan(tmp_path, races)
    history = histories.healthy(made)
    for fault, writer in (("1.1", "operator 1"), ("2.1", "operator 2")):
        history.operator_wrote.append(OperatorWrote(0, ns(90), fault, 4, writer, "t", "written"))
        overwrite(history, writer, at=90)
    assert changed(judged(made, history), *RACES) == {"lost_updates": 1, "stale_writes": 1}


@pytest.mark.parametrize("holder", ["the same", "after release"])
def test_an_agent_given_again_is_assigned_once(made: Plan, holder: str) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    if holder == "the same":
        histories.write(history, "agents", "S-001", close.id, 50, "3")
    else:
        histories.write(history, "agents", "S-001", close.id, 120, "4")
        histories.write(history, "agents", "S-001", close.id, 125, "")
    histories.in_order(history)
    assert changed(judged(made, history), *RACES) == {}


@pytest.mark.parametrize(("live", "leaked"), [((), 1), ((3,), 0)])
def test_an_agent_held_at_the_end_by_a_ticket_that_is_not_live_is_leaked(
    made: Plan, live: tuple[int, ...], leaked: int
) -> None:
    history = histories.healthy(made)
    histories.cut(history, 3, 45)
    history.at_end = LiveAtEnd(0, ns(200), live, live, ())
    assert of(made, history, "agents_leaked") == [leaked]


def test_a_ticket_that_was_inserted_twice_is_duplicate(made: Plan) -> None:
    history = histories.healthy(made)
    first = next(row for row in history.audit if (row.table, row.row) == ("tickets", "4"))
    history.audit.append(msgspec.structs.replace(first, id=999, at=ns(34)))
    histories.in_order(history)
    assert changed(judged(made, history), *RACES) == {"duplicate_tickets": 1}


def test_refused_writes_are_conflicts(made: Plan) -> None:
    history = histories.healthy(made)
    history.conflicts = [(B, Conflict(0, ns(83), "x", 4, "tickets")), (B, Conflict(0, ns(84), "x", 4, "agents"))]
    assert changed(judged(made, history), *RACES) == {"conflicts": 2}
