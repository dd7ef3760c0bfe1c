"""Who recovers from a fault and who is only delayed by it, against literal histories and attestations."""

from math import inf
from pathlib import Path

import pytest

from harness.faults.spec import Attestation
from harness.history.model import History, Process
from harness.judging.evidence import Evidence
from harness.judging.metrics.aftermath import delays, recoveries
from harness.planning.plan import Plan
from systems.system import Residency
from tests.support import histories
from tests.support.histories import A, B, ns
from tests.unit.judging.metrics.figures import FAILURE, of

AT = 25


def struck(made: Plan, history: History, *procs: str, tickets: tuple[int, ...] = ()) -> Evidence:
    """Let the fault land at the 25th ms on these processes, or on these tickets."""
    return Evidence(made, history, {"1.1": Attestation("1.1", "landed", "", ns(AT), procs, tickets, healed=True)})


def told(evidence: Evidence) -> tuple[dict[int, float], dict[int, float]]:
    """Return the tickets that recover and those that are delayed, with the seconds that each takes."""
    return (
        {ticket: took for _, ticket, took in recoveries(evidence)},
        {ticket: took for _, ticket, took in delays(evidence)},
    )


def test_whose_step_was_open_recovers_and_who_was_only_resident_is_delayed(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    history.residencies = [Residency(4, A, ns(22), ns(26)), Residency(3, A, ns(22), ns(26))]
    recovered, delayed = told(struck(kill_plan, history, A))
    assert recovered == {1: 0.056}
    assert delayed == {3: 0.038, 4: 0.023}


def test_a_worker_that_broke_no_step_open_leaves_nobody_to_recover(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    history.attempts = [one for one in history.attempts if one.proc != A or one.started != ns(20)]
    recovered, delayed = told(struck(kill_plan, history, A))
    assert recovered == {}
    assert delayed == {1: 0.013, 3: 0.013}


def test_a_paused_ticket_recovers_and_is_delayed(kill_plan: Plan) -> None:
    recovered, delayed = told(struck(kill_plan, histories.healthy(kill_plan), tickets=(2,)))
    assert recovered == {2: 0.051}
    assert delayed == {2: 0.003}


def test_a_dead_engine_strikes_all_that_are_under_way(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    history.processes["77-1"] = Process("77-1", "engine", 1, ns(-9000))
    recovered, delayed = told(struck(kill_plan, history, "77-1"))
    assert recovered == {1: 0.031, 2: 0.051, 3: 0.071}
    assert delayed == {1: 0.003, 2: 0.003, 3: 0.013}


def test_who_never_does_another_step_is_delayed_for_ever(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.cut(history, 3, AT)
    assert told(struck(kill_plan, history, tickets=(3,))) == ({3: inf}, {3: inf})


def test_who_had_ended_before_the_fault_is_not_delayed(kill_plan: Plan) -> None:
    evidence = struck(kill_plan, histories.healthy(kill_plan), tickets=(1,))
    evidence.attestations["1.1"] = Attestation("1.1", "landed", "", ns(70), (), (1,), healed=True)
    assert told(evidence) == ({1: 0.0}, {})


def test_an_end_that_nobody_lived_to_journal_ends_the_delay_too(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    for one in history.attempts:
        if one.ticket == 1:
            one.ended = one.result = None
    assert told(struck(kill_plan, history, tickets=(1,)))[1] == {1: 0.031}


@pytest.mark.parametrize("number", [1, 4])
def test_what_must_fail_neither_recovers_nor_is_delayed(tmp_path: Path, number: int) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=number, error="permanent"))
    assert told(struck(made, histories.healthy(made), B, tickets=(number,))) == ({}, {})


def test_messages_that_were_due_and_never_sent_are_counted_of_every_ticket(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    assert of(kill_plan, history, "lost", "effects_missing", "effects_unsent") == [2, 0, 3]


def test_drain_begins_with_the_last_answer_where_the_load_goes_on_after_the_last_fault(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    assert of(kill_plan, history, "drain") == [0.075]
    histories.answer(history, 4, 180, "ok")
    assert of(kill_plan, history, "drain") == [0.02]
    history.answered.clear()
    assert of(kill_plan, history, "drain") == [0.165]
