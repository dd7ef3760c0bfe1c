"""Every figure is what its rows come to: the claim, over whole histories."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.synthetic import write_run
from harness.catalogue import CATALOGUE
from harness.explaining.breakdown import unfold
from harness.history.model import History
from harness.history.run_records import LiveAtEnd, Sample
from harness.judging.run import read_plan, recorded
from harness.planning.plan import Plan
from systems.desk.records import Conflict, HangOver
from tests.support import histories
from tests.support.histories import B, ns
from tests.unit.judging.metrics.figures import FAILURE, broken, failed_try
from tests.unit.judging.metrics.unfolding import evidence, not_made


def test_every_metric_of_the_catalogue_unfolds(made: Plan) -> None:
    found = evidence(made, histories.healthy(made))
    assert all(unfold(name, found) is not None for name in CATALOGUE)


def test_the_rows_of_a_healthy_run_make_its_figures(made: Plan) -> None:
    assert not_made(evidence(made, histories.healthy(made))) == []


@pytest.mark.parametrize("carried", [(), ((3, "assign_agent"),), ((1, "notify_customer"), (3, "assign_agent"))])
def test_the_rows_of_a_kill_make_its_figures(kill_plan: Plan, carried: tuple[tuple[int, str], ...]) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    for number, step in carried:
        histories.carry_on(kill_plan, history, number, step, 45)
    assert not_made(evidence(kill_plan, history)) == []


@pytest.mark.parametrize("error", ["transient", "permanent"])
def test_the_rows_of_a_failure_make_its_figures(tmp_path: Path, error: str) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=4, error=error))
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", error)
    histories.carry_on(made, history, 4, "close_ticket", 95)
    assert not_made(evidence(made, history)) == []


def test_the_rows_of_a_hang_make_its_figures(tmp_path: Path) -> None:
    rest = "faults:\n  - {kind: activity_failure, step: close_ticket, tickets: [4], error: hang, duration: 1s}\n"
    made = histories.plan(tmp_path, rest)
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", "hang")
    history.hangs_over.append((B, HangOver(0, ns(120), "1.1", close.id)))
    close.ended, close.result, close.error = ns(122), "resolved", None
    assert not_made(evidence(made, history)) == []


def test_the_rows_of_races_make_their_figures(made: Plan) -> None:
    history = raced(made)
    found = evidence(made, history)
    assert not_made(found) == []
    races = [name for name, metric in CATALOGUE.items() if metric.group == "races"]
    assert [name for name in races if not unfold(name, found)] == []


def raced(made: Plan) -> History:
    """Return a history with every race in it."""
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    (late,) = histories.tries(history, 4, "validate_resolution")
    histories.write(history, "agents", "S-001", close.id, 50, "4")
    histories.write(history, "tickets", "4", late.id, 90, "open", behind=1)
    histories.write(history, "tickets", "4", close.id, 95, "open", behind=1)
    histories.write(history, "agents", "R-001", close.id, 190, "2")
    first = next(row for row in history.audit if (row.table, row.row) == ("tickets", "4"))
    history.audit.append(msgspec.structs.replace(first, id=999, at=ns(34)))
    history.conflicts = [(B, Conflict(0, ns(83), "x", 4, "tickets")), (B, Conflict(0, ns(84), "x", -1, "tickets"))]
    histories.in_order(history)
    return history


def test_the_rows_of_effects_that_went_wrong_make_their_figures(made: Plan) -> None:
    history = histories.healthy(made)
    (told,) = histories.tries(history, 4, "notify_customer")
    (closed,) = histories.tries(history, 1, "close_ticket")
    histories.send(history, told, "solution", 90)
    histories.send(history, told, "solution", 91)
    histories.send(history, told, "solution", 92, applied=False)
    histories.send(history, closed, "nobody", 93)
    history.ledger = [one for one in history.ledger if (one.ticket, one.step) != (2, "notify_customer")]
    found = evidence(made, history)
    assert not_made(found) == []
    effects = [name for name, metric in CATALOGUE.items() if metric.group == "effects"]
    assert [name for name in effects if not unfold(name, found)] == []


def test_the_rows_of_retries_and_of_work_for_nothing_make_their_figures(made: Plan) -> None:
    history = histories.healthy(made)
    for at in (40, 45):
        failed_try(history, 4, "search_knowledge_base", at)
    failed_try(history, 1, "close_ticket", 20)
    histories.cut(history, 4, 50)
    assert not_made(evidence(made, history)) == []


def test_the_rows_of_what_an_engine_and_a_pause_cost_make_their_figures(made: Plan) -> None:
    history = histories.healthy(made)
    history.samples = [
        Sample(0, ns(-1), {"worker": 1.0, "engine": 2.0}, {"worker": 100, "engine": 50}, -2, 0),
        Sample(1, ns(100), {"worker": 2.0, "engine": 5.0}, {"worker": 200, "engine": 70, "receiver": 999}, 4, 4),
        Sample(2, ns(150), {"worker": 2.25, "engine": 5.5}, {"worker": 210, "engine": 30}, 2, 2),
        Sample(3, ns(160), {"worker": 2.5, "engine": 5.75}, {"worker": 200, "engine": 30}, 2, 1),
    ]
    assert not_made(evidence(made, history)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_broken_the_rows_make_the_figures(kill_plan: Plan, data: st.DataObject) -> None:
    assert not_made(evidence(kill_plan, broken(kill_plan, data))) == []


def test_the_rows_of_a_record_on_disk_make_its_figures(tmp_path: Path) -> None:
    write_run(tmp_path, ["one"], 20, least=700, lost_every=4)
    found = recorded(tmp_path, read_plan(tmp_path), "one", 1)
    assert not_made(found) == []
    assert [len(unfold(name, found)) for name in ("lost", "indeterminate", "finished")] == [5, 5, 15]
    assert len(unfold("retries", found)) > 100


def test_a_run_of_which_nothing_was_recorded_has_no_rows_that_make_anything(made: Plan) -> None:
    history = History("sync", 1)
    history.at_end = LiveAtEnd(0, ns(200), (), (), ())
    assert not_made(evidence(made, history)) == []
