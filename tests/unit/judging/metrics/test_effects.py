"""Effects, against literal histories: each one that is missing, repeated or uncalled for is counted."""

from pathlib import Path

import msgspec
import pytest

from harness.faults.spec import Attestation
from harness.history.model import History
from harness.judging.evidence import Evidence
from harness.judging.metrics.effects import Balance, all_balances
from harness.planning.plan import Plan
from systems.desk.records import Conflict, Struck
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


@pytest.mark.parametrize(
    ("due", "allowed", "applied", "figures"),
    [
        (1, 1, 3, {"missing": 0, "unsent": 0, "unexpected": 0, "duplicated": 1}),
        (0, 1, 1, {"missing": 0, "unsent": 0, "unexpected": 0, "duplicated": 0}),
        (0, 0, 2, {"missing": 0, "unsent": 0, "unexpected": 2, "duplicated": 0}),
        (2, 0, 1, {"missing": 1, "unsent": 1, "unexpected": 0, "duplicated": 0}),
    ],
)
def test_an_effect_is_one_thing_at_most(due: int, allowed: int, applied: int, figures: dict[str, int]) -> None:
    balance = Balance(1, "notify_customer", "solution", due, allowed, applied, is_finished=True)
    assert {name: getattr(balance, name) for name in figures} == figures
    assert balance._replace(is_finished=False).missing == 0


def test_a_ticket_that_was_handed_to_people_owes_no_effect(made: Plan) -> None:
    history = histories.healthy(made)
    drop(history, 4, "notify_customer")
    history.audit = [
        msgspec.structs.replace(row, value="manual_intervention") if (row.row, row.value) == ("4", "resolved") else row
        for row in history.audit
    ]
    assert of(made, history, "effects_missing", "effects_unsent") == [0, 1]


def test_the_apology_for_an_agent_who_a_fault_made_silent_was_called_for(tmp_path: Path) -> None:
    silent = "{kind: long_pause, scope: step, step: agent_resolve, tickets: [2], agents: 1, duration: 60ms}"
    made = histories.plan(tmp_path, f"faults:\n  - {silent}\n")
    history = histories.healthy(made)
    (asked,) = histories.tries(history, 2, "agent_resolve")
    asked.result = "silent"
    blow = Struck(0, ns(41), "1.1", 1, asked.id, 2, "agent_resolve", 1, "before_effect", "silent")
    history.strikes.append((asked.proc, blow))
    (notify,) = histories.tries(history, 2, "notify_customer")
    for purpose in ("apology_silent", "apology_silent", "apology_invalid"):
        histories.send(history, notify, purpose, 90)
    landed = Attestation("1.1", "landed", "", ns(41), (), (2,), healed=True)
    balances = {balance.purpose: balance for balance in all_balances(Evidence(made, history, {"1.1": landed}))}
    assert balances["apology_silent"] == Balance(2, "notify_customer", "apology_silent", 0, 1, 2, is_finished=True)
    assert balances["apology_invalid"].allowed == 0
