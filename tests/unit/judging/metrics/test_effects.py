"""Effects, against literal histories: each one that is missing, repeated or uncalled for is counted."""

import msgspec
import pytest

from harness.history.model import History
from harness.planning.plan import Plan
from systems.desk.records import Conflict
from tests.support import histories
from tests.support.histories import A, judged, ns
from tests.unit.judging.metrics.figures import EFFECTS, changed, of


def drop(history: History, number: int, step: str) -> None:
    history.ledger = [one for one in history.ledger if (one.ticket, one.step) != (number, step)]


def test_an_effect_that_came_twice_is_duplicated_and_one_that_was_dropped_deduplicated(made: Plan) -> None:
    history = histories.healthy(made)
    (notify,) = histories.tries(history, 4, "notify_customer")
    histories.send(history, notify, "solution", 66)
    histories.send(history, notify, "solution", 67, applied=False)
    assert of(made, history, *EFFECTS) == [0, 1, 0, 1, 8]


def test_an_effect_of_a_finished_ticket_that_never_came_is_missing(made: Plan) -> None:
    history = histories.healthy(made)
    drop(history, 4, "notify_customer")
    assert of(made, history, *EFFECTS) == [1, 0, 0, 0, 6]
    histories.cut(history, 4, 80)
    assert of(made, history, "effects_missing", "lost") == [0, 1]


@pytest.mark.parametrize("dropped", [(1, "notify_customer"), (4, "send_auto_response")])
def test_a_missing_effect_never_cancels_a_duplicated_one(made: Plan, dropped: tuple[int, str]) -> None:
    history = histories.healthy(made)
    (notify,) = histories.tries(history, 4, "notify_customer")
    drop(history, *dropped)
    histories.send(history, notify, "solution", 66)
    assert of(made, history, *EFFECTS) == [1, 1, 0, 0, 7]


def test_effects_that_nothing_called_for_are_unexpected_each(made: Plan) -> None:
    history = histories.healthy(made)
    (notify,) = histories.tries(history, 4, "notify_customer")
    histories.send(history, notify, "apology_invalid", 66)
    histories.send(history, notify, "apology_invalid", 67)
    assert of(made, history, *EFFECTS) == [0, 0, 2, 0, 9]


def test_what_became_of_canaries_is_counted_nowhere(made: Plan) -> None:
    history = histories.healthy(made)
    drop(history, -1, "notify_customer")
    (close,) = histories.tries(history, -1, "close_ticket")
    histories.send(history, close, "nonsense", -4900)
    history.attempts.append(msgspec.structs.replace(close, id="again"))
    history.conflicts.append((A, Conflict(0, ns(-4900), close.id, -1, "tickets")))
    assert changed(judged(made, history)) == {}


@pytest.mark.parametrize(("times", "duplicated"), [(1, 0), (2, 1)])
def test_giving_up_allows_one_word_to_management_where_a_fault_struck(
    kill_plan: Plan, times: int, duplicated: int
) -> None:
    history = histories.survived(kill_plan)
    told = histories.tries(history, 1, "notify_customer")[-1]
    sent = msgspec.structs.replace(told, step="notify_management")
    for n in range(times):
        histories.send(history, sent, "gave_up", 100 + n)
    assert of(kill_plan, history, "effects_duplicated", "effects_unexpected") == [duplicated, 0]
    untouched = msgspec.structs.replace(sent, ticket=4)
    histories.send(history, untouched, "gave_up", 110)
    assert of(kill_plan, history, "effects_duplicated", "effects_unexpected") == [duplicated, 1]
