"""What became of tickets, told from literal histories: lost, failed, rejected, wrong."""

from pathlib import Path

import msgspec
import pytest

from harness.history.model import History
from harness.history.run_records import LiveAtEnd
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import judged, ns
from tests.unit.judging.metrics.figures import DURABILITY, FAILURE, changed, of


def given_up(history: History, number: int, at: float) -> None:
    """End a ticket as manual_intervention instead."""
    (close,) = histories.tries(history, number, "close_ticket")
    histories.cut(history, number, at)
    close.ended, close.result = ns(at + 2), "manual_intervention"
    history.attempts = [*(one for one in history.attempts if one.id != close.id), close]
    histories.write(history, "tickets", str(number), close.id, at + 1, "manual_intervention")


def test_lost_vanished_rejected_and_failed_tickets_are_told_apart(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 1, 35)
    histories.answer(history, 1, 100, "info")
    histories.cut(history, 2, 12)
    histories.answer(history, 2, 100, "ok")
    histories.cut(history, 3, 22)
    histories.answer(history, 3, 100, "fail")
    given_up(history, 4, 85)
    histories.answer(history, 4, 100, "ok")
    repetition = judged(made, history)
    assert {name: repetition.metrics[name] for name in DURABILITY} == {
        "submitted": 4,
        "acknowledged": 2,
        "indeterminate": 1,
        "rejected": 1,
        "finished": 0,
        "unserved": 4,
        "failed": 1,
        "failed_as_expected": 0,
        "lost": 2,
        "lost_acknowledged": 1,
        "lost_unacknowledged": 1,
        "abandoned": 1,
        "vanished": 1,
        "wrong_outcome": 0,
    }
    assert repetition.tickets == {"failed": (4,), "rejected": (3,), "lost": (1, 2)}
    assert {"throughput", "cpu_per_ticket"} <= repetition.absent.keys()
    assert (repetition.metrics["latency_p50"], repetition.pairs["latency"]) == (None, 4)


def test_what_only_the_system_knows_of_is_abandoned(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 31)
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), ())
    assert of(made, history, "lost", "abandoned", "vanished", "lost_unacknowledged", "indeterminate") == [1, 1, 0, 1, 1]


def test_a_ticket_that_its_orchestrator_closed_as_failed_is_failed(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 60)
    history.at_end = LiveAtEnd(0, ns(200), (), (4,), (4,))
    assert of(made, history, "failed", "lost") == [1, 0]


def test_a_definite_error_after_acceptance_is_a_failure_that_the_client_knows_of(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 60)
    histories.answer(history, 4, 62, "fail", accepted=True, state="failed")
    assert of(made, history, "failed", "rejected", "acknowledged") == [1, 0, 4]


def test_a_refusal_of_which_there_is_a_trace_is_no_rejection(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 35)
    histories.answer(history, 4, 40, "fail")
    assert of(made, history, "rejected", "lost", "abandoned", "indeterminate") == [0, 1, 1, 1]


@pytest.mark.parametrize(("second", "rejected", "indeterminate"), [("fail", 1, 0), ("info", 0, 1), (None, 0, 1)])
def test_only_a_ticket_whose_every_submission_was_refused_is_rejected(
    made: Plan, second: str | None, rejected: int, indeterminate: int
) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 31)
    histories.submit(history, 4, n=2, at=60)
    histories.answer(history, 4, 50, "fail")
    if second:
        histories.answer(history, 4, 70, second)
    assert of(made, history, "rejected", "indeterminate", "submitted") == [rejected, indeterminate, 4]


def test_a_permanent_failure_calls_for_failing_and_then_finishing_is_wrong(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=4, error="permanent"))
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", "permanent")
    histories.write(history, "tickets", "4", close.id, 90, "manual_intervention")
    names = ("failed", "failed_as_expected", "wrong_outcome", "unrecovered", "exposed", "finished")
    assert of(made, history, *names) == [1, 1, 0, 0, 1, 3]
    history.audit = histories.healthy(made).audit
    assert of(made, history, *names) == [0, 0, 1, 0, 1, 4]


@pytest.mark.parametrize("wrong", ["end", "path"])
def test_another_end_or_path_than_the_oracles_is_a_wrong_outcome(made: Plan, wrong: str) -> None:
    history = histories.healthy(made)
    if wrong == "end":
        history.audit = [
            msgspec.structs.replace(row, value="backlog") if (row.row, row.value) == ("4", "resolved") else row
            for row in history.audit
        ]
    else:
        (skipped,) = histories.tries(history, 4, "validate_resolution")
        history.audit = [row for row in history.audit if row.writer != skipped.id]
    repetition = judged(made, history)
    assert changed(repetition) == {"wrong_outcome": 1}
    assert repetition.tickets == {"wrong_outcome": (4,)}
