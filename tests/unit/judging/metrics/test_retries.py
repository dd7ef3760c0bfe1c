"""Attempts and retries, against literal histories: what was redone, what was wasted, what a retry mended."""

import msgspec

from harness.planning.plan import Plan
from systems.desk.model import BUSY
from tests.support import histories
from tests.support.histories import judged, ns
from tests.unit.judging.metrics.figures import RETRIES, failed_try, of


def test_a_failure_that_a_retry_mended_is_redone_work(made: Plan) -> None:
    history = histories.healthy(made)
    failed_try(history, 4, "search_knowledge_base", 40)
    failed_try(history, 4, "search_knowledge_base", 45)
    assert of(made, history, *RETRIES) == [25, 2, 1.087, 1, 0.008, 0.0]


def test_what_never_worked_is_wasted(made: Plan) -> None:
    history = histories.healthy(made)
    failed_try(history, 4, "search_knowledge_base", 40)
    failed_try(history, 4, "search_knowledge_base", 45)
    histories.cut(history, 4, 50)
    assert of(made, history, *RETRIES) == [21, 1, 1.05, 0, 0.004, 0.008]


def test_work_repeated_without_a_failure_is_redone_but_nothing_was_recovered(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    history.attempts.append(msgspec.structs.replace(close, id="again", started=ns(100), ended=ns(103)))
    assert of(made, history, *RETRIES) == [24, 1, 1.0435, 0, 0.008, 0.0]


def test_a_retry_of_a_ticket_that_went_wrong_recovered_nothing(made: Plan) -> None:
    history = histories.healthy(made)
    failed_try(history, 4, "search_knowledge_base", 45)
    (skipped,) = histories.tries(history, 4, "validate_resolution")
    history.audit = [row for row in history.audit if row.writer != skipped.id]
    assert of(made, history, "retries", "recovered_by_retry") == [1, 0]


def test_a_failure_after_the_step_had_worked_was_recovered_by_nothing(made: Plan) -> None:
    history = histories.healthy(made)
    failed_try(history, 4, "search_knowledge_base", 60)
    assert of(made, history, *RETRIES) == [24, 1, 1.0435, 0, 0.008, 0.0]


def test_a_later_visit_is_another_instance_and_busy_is_no_attempt(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    history.attempts.append(msgspec.structs.replace(close, id="again", visit=2))
    history.busy_polls.append(msgspec.structs.replace(close, id="asked", result=BUSY))
    assert of(made, history, "attempts", "retries") == [24, 0]


def test_nothing_attempted_has_no_amplification(made: Plan) -> None:
    history = histories.healthy(made)
    history.attempts = []
    repetition = judged(made, history)
    assert repetition.absent["retry_amplification"] == "no step was attempted"
    assert repetition.absent["unavailable"] == "no step completed"
