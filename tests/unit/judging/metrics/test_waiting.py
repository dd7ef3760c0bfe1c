"""How long nobody was served while somebody waited, against literal histories."""

import msgspec
import pytest

from harness.history.model import History, Process
from harness.history.run_records import Exited, LiveAtEnd, Phase
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import QUIET_MS, A, B, judged, ns
from tests.unit.judging.metrics.figures import of
from tests.unit.judging.metrics.unfolding import texts


def left(history: History, number: int, at: float) -> None:
    """Let a ticket's client give up, having heard nothing that helps."""
    histories.answer(history, number, at, "info")
    history.gave_up[number] = ns(at)


def died_for_good(made: Plan) -> History:
    """Kill both workers while tickets are under way; their clients time out one after the other."""
    history = histories.healthy(made)
    for proc in (A, B):
        histories.crash(history, proc, 60)
    for nth, number in enumerate((1, 2, 3, 4)):
        if not any(one.ticket == number and one.outcome == "ok" for one in history.answered):
            left(history, number, 150 + 10 * nth)
    return history


def test_a_stand_still_is_unavailability_only_while_somebody_waits(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 3, "close_ticket")
    close.started, close.ended = ns(140), ns(148)
    assert of(made, history, "unavailable") == [0.06]
    close.ended = close.result = None
    assert of(made, history, "unavailable") == [0.017]


def test_a_service_that_dies_for_good_is_unavailable_for_ever(made: Plan) -> None:
    history = died_for_good(made)
    repetition = judged(made, history)
    assert (repetition.metrics["unavailable"], "unavailable" in repetition.censored) == (None, True)
    assert texts(made, history, "unavailable")[0].startswith("never completed again after T-000")


def test_it_is_so_too_where_nobody_waits_when_the_next_client_comes(made: Plan) -> None:
    history = histories.healthy(made)
    histories.crash(history, A, 25)
    histories.crash(history, B, 25)
    for number in (1, 2, 3, 4):
        left(history, number, 26 if number < 4 else 33)
    assert "unavailable" in judged(made, history).censored


def test_where_a_worker_lived_a_client_who_left_waited_so_long_and_no_longer(made: Plan) -> None:
    history = histories.healthy(made)
    for number, at in ((2, 12), (3, 22), (4, 32)):
        histories.cut(history, number, at)
    left(history, 2, 150)
    assert of(made, history, "unavailable") == [0.092]  # ticket 1 was done at 58
    assert texts(made, history, "unavailable")[0] == (
        "nothing completed until the last who waited left at 0.149 s, 0.092 s after T-0001 close_ticket"
    )


def test_a_service_that_comes_back_after_all_had_left_was_away_until_they_did(made: Plan) -> None:
    history = died_for_good(made)
    histories.spawn(history, histories.SPARE, 1, 300)
    history.submitted = [one for one in history.submitted if one.ticket != 4]
    history.answered = [one for one in history.answered if one.ticket != 4]
    histories.submit(history, 4, at=400)
    history.gave_up.pop(4, None)
    histories.carry_on(made, history, 4, "notify_customer", 410)
    assert of(made, history, "unavailable") == [0.112]  # the last completion at 58, the last client left at 170


def test_a_client_hears_of_a_kill_before_anybody_reaps_the_dead(made: Plan) -> None:
    history = histories.healthy(made)
    for proc in (A, B):
        histories.crash(history, proc, 25)
    for number in (1, 2, 3):
        left(history, number, 25.5)
    history.submitted = [one for one in history.submitted if one.ticket != 4]
    assert max(one.exited.t for one in history.processes.values() if one.exited) == ns(26)
    assert of(made, history, "unavailable") == [None]


def test_workers_without_their_engine_are_nobody(made: Plan) -> None:
    history = histories.healthy(made)
    history.processes["77-1"] = engine = Process("77-1", "engine", 1, ns(-9000))
    for number, at in ((2, 12), (3, 22), (4, 32)):
        histories.cut(history, number, at)
    left(history, 2, 150)
    assert of(made, history, "unavailable") == [0.092]
    engine.exited = Exited(0, ns(60), "77-1", None, "SIGKILL", 1.0, 100)
    assert of(made, history, "unavailable") == [None]


@pytest.mark.parametrize("known", ["acknowledged", "live"])
def test_what_the_system_still_holds_waits_until_settling_ends_and_for_ever(made: Plan, known: str) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 60)
    if known == "acknowledged":
        histories.answer(history, 4, 61, "ok")
    else:
        history.at_end = LiveAtEnd(0, ns(QUIET_MS), (4,), (4,), ())
        left(history, 4, 70)
    assert of(made, history, "unavailable") == [None]


def test_a_ticket_that_was_closed_as_failed_waits_no_more(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 60)
    histories.answer(history, 4, 61, "ok")
    history.at_end = LiveAtEnd(0, ns(QUIET_MS), (), (4,), (4,))
    assert of(made, history, "unavailable") == [0.017]


def test_a_deadline_ends_waiting_as_quiet_does(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 60)
    histories.answer(history, 4, 61, "ok")
    history.phases = [
        msgspec.structs.replace(one, name="deadline") if one.name == "quiet" else one for one in history.phases
    ]
    assert of(made, history, "unavailable") == [None]
    assert texts(made, history, "unavailable")[0].endswith("tickets waited until 0.199 s")


def test_a_run_without_a_submission_has_no_unavailability(made: Plan) -> None:
    history = History("sync", 1, phases=[Phase(0, ns(0), "canary_failed")])
    assert judged(made, history).absent["unavailable"] == "no ticket was submitted"
