"""Who recovers from a fault and who is only delayed by it, against literal histories and attestations."""

from math import inf
from pathlib import Path

import pytest

from harness.faults.spec import Attestation
from harness.history.model import Attempt, History, Process
from harness.judging.evidence import Evidence
from harness.judging.metrics.aftermath import delays, last_answer, recoveries, resumes
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


def test_a_dead_engine_beside_an_idle_worker_strikes_all_that_are_under_way(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    history.attempts = [one for one in history.attempts if one.proc != A]
    history.processes["77-1"] = Process("77-1", "engine", 1, ns(-9000))
    assert sorted(told(struck(kill_plan, history, A, "77-1"))[0]) == [1, 2, 3]


def test_of_a_process_that_nothing_is_known_of_a_struck_ticket_recovers_all_the_same(kill_plan: Plan) -> None:
    evidence = struck(kill_plan, histories.healthy(kill_plan), "ghost", tickets=(2,))
    assert told(evidence)[0] == {2: 0.051}


def test_who_ended_at_the_very_moment_is_not_delayed(kill_plan: Plan) -> None:
    evidence = struck(kill_plan, histories.healthy(kill_plan), tickets=(1, 4))
    at = evidence.ends[1].at
    evidence.attestations["1.1"] = Attestation("1.1", "landed", "", at, (), (1, 4), healed=True)
    assert list(told(evidence)[1]) == [4]


def test_only_a_step_that_was_completed_after_the_fault_ends_a_delay(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    (edge, failed, open_still, *_) = [one for one in history.attempts if one.ticket == 4]
    edge.ended = ns(AT)
    failed.ended, failed.result, failed.error = ns(40), None, "transient"
    open_still.ended, open_still.result = None, None
    evidence = struck(kill_plan, history, tickets=(4,))
    assert told(evidence)[1] == {4: 0.053}


def resumption(made: Plan, *attempts: Attempt, moment: float = AT) -> float:
    """Return after how long the first of these attempts, all of ticket 1, went on; the fault broke it open."""
    history = histories.healthy(made)
    history.attempts = sorted(attempts, key=lambda one: one.started)
    history.audit = [row for row in history.audit if row.value != "resolved"]
    landed = Attestation("1.1", "landed", "", ns(moment), (), (1,), healed=True, attempts=(attempts[0].id,))
    ((_, broken, took),) = resumes(Evidence(made, history, {"1.1": landed}))
    assert broken is attempts[0]
    return took


def attempt(step: str, started: float, proc: str = A) -> Attempt:
    return Attempt(f"{step} at {started}", 1, step, 1, ns(started), proc=proc)


def test_a_walk_that_starts_anew_goes_on_where_it_comes_to_the_broken_step(kill_plan: Plan) -> None:
    broken = attempt("search_knowledge_base", 20)
    assert resumption(kill_plan, broken) == inf
    again = attempt("send_auto_response", 40)
    assert resumption(kill_plan, broken, again) == inf
    assert resumption(kill_plan, broken, again, attempt("search_knowledge_base", 50)) == 0.025
    assert resumption(kill_plan, broken, attempt("notify_customer", 45)) == 0.02


def test_what_began_no_later_than_the_fault_or_the_broken_attempt_is_no_resumption(kill_plan: Plan) -> None:
    broken = attempt("search_knowledge_base", 20)
    assert resumption(kill_plan, broken, attempt("search_knowledge_base", AT, B)) == inf
    late = attempt("search_knowledge_base", 30)
    assert resumption(kill_plan, late, attempt("search_knowledge_base", 28, B)) == inf
    assert resumption(kill_plan, late, attempt("search_knowledge_base", 31, B)) == 0.006


def test_a_client_that_was_answered_after_all_was_quiet_leaves_nothing_to_drain(made: Plan) -> None:
    history = histories.healthy(made)
    histories.answer(history, 4, 250, "info")
    assert of(made, history, "drain") == [0]


def test_the_last_answer_is_one_to_a_client_of_the_load(made: Plan) -> None:
    history = History("sync", 1)
    assert last_answer(Evidence(made, history)) is None
    histories.answer(history, -1, 9, "ok")
    assert last_answer(Evidence(made, history)) is None
    histories.answer(history, 1, 5, "ok")
    assert last_answer(Evidence(made, history)) == history.answered[1]
