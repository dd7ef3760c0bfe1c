"""Every figure, against literal histories: what is counted, what is not, and what cannot be told."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.history import Attempt, History
from harness.judge import judge
from harness.plan import Plan
from harness.result import Repetition
from systems.desk.model import BUSY
from systems.desk.records import Conflict, FaultEnded, HangOver, LiveAtEnd, Sample
from systems.system import Residency
from tests.unit import histories
from tests.unit.histories import A, B, judged, ns

HEALTHY = {
    "submitted": 4,
    "acknowledged": 4,
    "indeterminate": 0,
    "rejected": 0,
    "finished": 4,
    "unserved": 0,
    "failed": 0,
    "failed_as_expected": 0,
    "lost": 0,
    "lost_acknowledged": 0,
    "lost_unacknowledged": 0,
    "abandoned": 0,
    "vanished": 0,
    "wrong_outcome": 0,
    "effects_expected": 7,
    "effects_applied": 7,
    "effects_missing": 0,
    "effects_duplicated": 0,
    "effects_unexpected": 0,
    "effects_deduplicated": 0,
    "attempts": 23,
    "retries": 0,
    "retry_amplification": 1.0,
    "recovered_by_retry": 0,
    "redone_seconds": 0.0,
    "wasted_seconds": 0.0,
    "interrupted": 0,
    "exposed": 0,
    "recovered": 0,
    "unresumed": 0,
    "unrecovered": 0,
    "unavailable": 0.017,
    "lost_updates": 0,
    "double_assignments": 0,
    "duplicate_tickets": 0,
    "stale_writes": 0,
    "conflicts": 0,
    "agents_leaked": 0,
    "latency_p50": 0.056,
    "latency_p95": 0.076,
    "latency_p99": 0.076,
    "ack_p95": 0.08,
    "throughput": 42.105,
    "cpu_seconds": 0.5,
    "cpu_per_ticket": 0.125,
    "peak_rss": 300,
    "faults_planned": 0,
    "faults_landed": 0,
    "faults_missed": 0,
    "faults_preempted": 0,
}
DURABILITY = list(HEALTHY)[:14]
RACES = ("lost_updates", "double_assignments", "duplicate_tickets", "stale_writes", "conflicts", "agents_leaked")
FAILURE = "faults:\n  - {{kind: activity_failure, step: {step}, tickets: [{ticket}], error: {error}}}\n"


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


@pytest.fixture
def kill_plan(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path, histories.KILL)


def changed(repetition: Repetition, *names: str) -> dict[str, Any]:
    """Return the counts of these groups that are not what a healthy run has."""
    wanted = [name for name in HEALTHY if name in names or not names]
    return {name: repetition.metrics[name] for name in wanted if repetition.metrics[name] != HEALTHY[name]}


def of(made: Plan, history: History, *names: str) -> list[Any]:
    metrics = judged(made, history).metrics
    return [metrics[name] for name in names]


# -- a healthy run


def test_a_healthy_run_has_every_figure_and_no_other(made: Plan) -> None:
    repetition = judged(made, histories.healthy(made))
    assert repetition.metrics == HEALTHY
    assert (repetition.censored, repetition.tickets, repetition.notes, repetition.faults) == ((), {}, {}, ())
    no_step = "no landed fault broke a step open"
    no_ticket = "no landed fault hit a ticket that could recover"
    assert repetition.absent == {
        "resume_p50": no_step,
        "resume_p95": no_step,
        "resume_max": no_step,
        "recovery_p50": no_ticket,
        "recovery_p95": no_ticket,
        "recovery_max": no_ticket,
        "drain": "no fault was undone",
        "engine_cpu_seconds": "this system has no engine",
        "paused_cpu_seconds": "there was no time in which all tickets were paused",
    }


def test_judging_the_same_record_twice_gives_the_same(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    assert judged(kill_plan, history) == judged(kill_plan, history)


# -- durability


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
    assert {"latency_p50", "throughput", "cpu_per_ticket"} <= repetition.absent.keys()


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


# -- effects

EFFECTS = ("effects_missing", "effects_duplicated", "effects_unexpected", "effects_deduplicated", "effects_applied")


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


# -- retries

RETRIES = ("attempts", "retries", "retry_amplification", "recovered_by_retry", "redone_seconds", "wasted_seconds")


def failed_try(history: History, number: int, step: str, at: float, lasts: float = 4) -> Attempt:
    """Add an attempt of a step that broke."""
    first = histories.tries(history, number, step)[0]
    made = msgspec.structs.replace(
        first, id=f"broken/{at}", started=ns(at), ended=ns(at + lasts), result=None, error="transient"
    )
    history.attempts.append(made)
    histories.in_order(history)
    return made


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
    history.asked.append(msgspec.structs.replace(close, id="asked", result=BUSY))
    assert of(made, history, "attempts", "retries") == [24, 0]


def test_nothing_attempted_has_no_amplification(made: Plan) -> None:
    history = histories.healthy(made)
    history.attempts = []
    repetition = judged(made, history)
    assert repetition.absent["retry_amplification"] == "no step was attempted"
    assert repetition.absent["unavailable"] == "no step completed"


# -- recovery

RECOVERY = ("interrupted", "exposed", "recovered", "unresumed", "unrecovered")
TIMES = ("resume_p50", "resume_p95", "resume_max", "recovery_p50", "recovery_p95", "recovery_max", "drain")


def test_a_kill_that_landed_and_after_which_all_went_on(kill_plan: Plan) -> None:
    repetition = judged(kill_plan, histories.survived(kill_plan))
    assert [repetition.metrics[name] for name in RECOVERY] == [1, 2, 2, 0, 0]
    assert [repetition.metrics[name] for name in TIMES] == [0.02, 0.02, 0.02, 0.056, 0.096, 0.096, 0.165]
    assert [repetition.metrics[name] for name in RETRIES] == [24, 1, 1.0435, 1, 0.006, 0.0]
    assert changed(repetition, *DURABILITY, *EFFECTS, *RACES) == {}
    assert (repetition.censored, repetition.tickets) == ((), {"exposed": (1, 3)})
    (fault,) = repetition.faults
    assert (fault.planned, fault.landed, fault.exposed, fault.tickets, fault.notes) == (1, 1, 2, (1,), ())


def test_what_never_went_on_is_censored_not_forgotten(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    repetition = judged(kill_plan, history)
    assert [repetition.metrics[name] for name in RECOVERY] == [1, 2, 0, 1, 2]
    assert [repetition.metrics[name] for name in TIMES] == [None] * 6 + [0.165]
    assert repetition.censored == TIMES[:6]
    assert [repetition.metrics[name] for name in RETRIES] == [13, 0, 1.0, 0, 0.0, 0.006]


def test_a_percentile_is_censored_only_where_it_falls_on_what_never_came(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    histories.carry_on(kill_plan, history, 3, "assign_agent", 55)
    repetition = judged(kill_plan, history)
    assert [repetition.metrics[name] for name in TIMES[3:6]] == [0.096, None, None]
    assert repetition.censored == ("resume_p50", "resume_p95", "resume_max", "recovery_p95", "recovery_max")
    assert repetition.metrics["unrecovered"] == 1


def test_a_ticket_whose_orchestration_was_in_the_process_is_exposed_too(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    history.residencies = [
        Residency(4, A, ns(22), ns(26)),
        Residency(2, A, ns(22), ns(24)),
        Residency(2, B, ns(10), ns(80)),
        Residency(-1, A, ns(22), ns(26)),
    ]
    assert judged(kill_plan, history).tickets == {"exposed": (1, 3, 4)}


def test_a_step_that_was_finished_without_its_instance_being_tried_again_went_on_but_unresumed(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    histories.carry_on(kill_plan, history, 1, "notify_customer", 45)
    assert of(kill_plan, history, "resume_max", "unresumed") == [0.02, 1]


def test_the_steps_of_giving_up_are_no_resumption(tmp_path: Path) -> None:
    rest = "faults:\n  - {kind: worker_kill, when: {step: agent_investigate}}\n"
    made = histories.plan(tmp_path, rest)
    history = histories.healthy(made)
    histories.kill(history, 35, victim=B, number=2, step="agent_investigate")
    one, path = histories.rest_of(made, 2, "release_agent")
    histories.walk(history, one, path, histories.SPARE, 60)
    history.audit[-1] = msgspec.structs.replace(history.audit[-1], value="manual_intervention")
    histories.carry_on(made, history, 4, "send_auto_response", 60)
    names = ("failed", "unrecovered", "resume_max", "recovery_p50", "recovery_max")
    assert of(made, history, *names) == [1, 1, None, 0.071, None]


def test_an_attempt_that_a_drain_let_finish_resumed_with_its_own_end(tmp_path: Path) -> None:
    rest = "faults:\n  - {kind: worker_kill, signal: TERM, when: {step: search_knowledge_base}}\n"
    made = histories.plan(tmp_path, rest)
    history = histories.survived(made)
    first = histories.tries(history, 1, "search_knowledge_base")[0]
    first.ended, first.result = ns(25.5), "found"
    repetition = judge(made, history, "sync", lambda how, step: f"{how} in {step}")
    assert [repetition.metrics[name] for name in ("interrupted", "unresumed", "resume_max")] == [1, 0, 0.0005]
    assert repetition.notes == dict.fromkeys(TIMES[:3], "it went on by itself")


def test_what_a_resume_time_follows_from_is_said_beside_it(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    repetition = judge(kill_plan, history, "sync", lambda how, step: f"{how} in {step}")
    assert repetition.notes == dict.fromkeys(TIMES[:3], "KILL in search_knowledge_base")


def test_a_failure_exposes_its_ticket_and_resumes_with_the_next_attempt(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=4, error="transient"))
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1")
    histories.carry_on(made, history, 4, "close_ticket", 95)
    assert of(made, history, *RECOVERY, "recovered_by_retry") == [1, 1, 1, 0, 0, 1]
    assert of(made, history, "resume_max", "recovery_max", "drain") == [0.01, 0.016, 0.115]


def test_of_a_failure_that_struck_again_and_again_the_first_counts(tmp_path: Path) -> None:
    rest = "faults:\n  - {kind: activity_failure, step: close_ticket, tickets: [4], attempts: 2}\n"
    made = histories.plan(tmp_path, rest)
    history = histories.healthy(made)
    (first,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, first, "1.1")
    second = msgspec.structs.replace(first, id="second", started=ns(90))
    history.attempts.append(second)
    histories.strike(history, second, "1.1")
    histories.carry_on(made, history, 4, "close_ticket", 100)
    assert of(made, history, *RECOVERY, "retries") == [1, 1, 1, 0, 0, 2]
    assert of(made, history, "resume_max", "recovery_max") == [0.005, 0.021]


def test_what_was_tried_before_the_fault_is_no_resumption(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    failed_try(history, 1, "search_knowledge_base", 18, 1)
    histories.kill(history)
    assert of(kill_plan, history, "resume_max", "unresumed", "interrupted") == [None, 1, 1]


def test_only_what_was_open_when_the_fault_struck_or_when_the_process_died_was_broken(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    early, struck = (histories.tries(history, 1, step)[0] for step in ("send_auto_response", "search_knowledge_base"))
    early.ended = ns(25)
    assert of(kill_plan, history, "interrupted") == [1]
    early.ended = ns(25) + 1
    assert of(kill_plan, history, "interrupted") == [2]
    struck.started = ns(25.5)
    assert of(kill_plan, history, "interrupted") == [2]


def test_a_fault_that_was_not_injected_undid_nothing(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    history.faults_ended["1.1"] = FaultEnded(0, ns(150), "1.1", healed=True, injected=False)
    assert judged(kill_plan, history).absent["drain"] == "no fault was undone"


def test_a_hang_resumes_when_the_attempt_goes_on(tmp_path: Path) -> None:
    rest = "faults:\n  - {kind: activity_failure, step: close_ticket, tickets: [4], error: hang, duration: 1s}\n"
    made = histories.plan(tmp_path, rest)
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    kept = list(history.audit)
    histories.strike(history, close, "1.1", "hang")
    history.audit = kept
    history.hangs_over.append((B, HangOver(0, ns(120), "1.1", close.id)))
    close.ended, close.result, close.error = ns(122), "resolved", None
    assert of(made, history, *RECOVERY) == [1, 1, 1, 0, 0]
    assert of(made, history, "resume_max", "drain") == [0.037, 0.08]


def test_recovery_of_tickets_that_must_fail_has_no_pairs(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=4, error="permanent"))
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", "permanent")
    repetition = judged(made, history)
    assert repetition.metrics["exposed"] == 1
    assert repetition.metrics["unrecovered"] == 0
    assert repetition.absent["recovery_p50"] == "no landed fault hit a ticket that could recover"
    assert repetition.censored == ("resume_p50", "resume_p95", "resume_max")


def test_a_run_that_did_not_become_quiet_has_no_drain(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    history.phases = [one for one in history.phases if one.name != "quiet"]
    assert judged(kill_plan, history).absent["drain"] == "the run did not become quiet"


def test_a_stand_still_is_unavailability_only_while_somebody_waits(made: Plan) -> None:
    history = histories.healthy(made)
    (close,) = histories.tries(history, 3, "close_ticket")
    close.started, close.ended = ns(140), ns(148)
    assert of(made, history, "unavailable") == [0.06]
    close.ended = close.result = None
    assert of(made, history, "unavailable") == [0.017]


# -- races


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


# -- cost


def test_latency_runs_from_the_first_submission_to_the_first_end(made: Plan) -> None:
    history = histories.healthy(made)
    histories.submit(history, 3, n=2, at=50)
    history.submitted[-1] = msgspec.structs.replace(history.submitted[-1], planned=ns(50))
    (close,) = histories.tries(history, 3, "close_ticket")
    histories.write(history, "tickets", "3", close.id, 110, "resolved")
    assert of(made, history, "latency_p50", "latency_p95", "ack_p95", "submitted") == [0.056, 0.076, 0.08, 4]
    assert judged(made, history).metrics["throughput"] == HEALTHY["throughput"]


def test_an_engine_is_counted_apart_and_in_the_cost_of_each_ticket(made: Plan) -> None:
    history = histories.healthy(made)
    history.samples = [
        Sample(0, ns(-50), {"worker": 0.5, "engine": 1.0}, {"worker": 900}, 0, 0),
        Sample(0, ns(-1), {"worker": 1.0, "engine": 2.0}, {"worker": 100, "engine": 50}, 0, 0),
        Sample(0, ns(100), {"worker": 2.0, "engine": 5.0}, {"worker": 200, "engine": 70, "receiver": 999}, 4, 4),
        Sample(0, ns(150), {"worker": 2.25, "engine": 5.5}, {"worker": 210, "engine": 30}, 2, 2),
    ]
    names = ("cpu_seconds", "engine_cpu_seconds", "cpu_per_ticket", "paused_cpu_seconds", "peak_rss")
    assert of(made, history, *names) == [1.25, 3.5, 1.1875, 0.75, 270]


@pytest.mark.parametrize("without", ["samples", "phases"])
def test_without_samples_of_the_load_there_is_no_cost(made: Plan, without: str) -> None:
    history = histories.healthy(made)
    setattr(history, without, [])
    absent = judged(made, history).absent
    assert {absent[name] for name in ("cpu_seconds", "cpu_per_ticket", "peak_rss")} == {
        "no sample was taken during the load"
    }


# -- whatever happens


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_classes_and_acknowledgements_always_add_up_to_submitted(kill_plan: Plan, data: st.DataObject) -> None:
    history = histories.healthy(kill_plan)
    if data.draw(st.booleans(), label="killed"):
        histories.kill(history)
    numbers = st.sampled_from([1, 2, 3, 4])
    for number in data.draw(st.lists(numbers, unique=True), label="cut"):
        histories.cut(history, number, data.draw(st.integers(0, 110)))
    for number in data.draw(st.lists(numbers), label="sent again"):
        histories.submit(history, number, n=2, at=120)
    for number in data.draw(st.lists(numbers), label="answered"):
        outcome = data.draw(st.sampled_from(["ok", "fail", "info"]))
        state = data.draw(st.sampled_from(["", "failed", "resolved"]))
        histories.answer(history, number, 130, outcome, accepted=data.draw(st.booleans()), state=state)
    unsent = data.draw(st.lists(numbers), label="never sent")
    history.submitted = [one for one in history.submitted if one.ticket not in unsent]
    some = st.lists(numbers, unique=True).map(tuple)
    history.at_end = LiveAtEnd(0, ns(200), data.draw(some), data.draw(some), data.draw(some))
    repetition = judged(kill_plan, history)
    count = {name: int(repetition.metrics[name] or 0) for name in DURABILITY}
    assert count["submitted"] == 4 - len(set(unsent))
    assert count["finished"] + count["failed"] + count["rejected"] + count["lost"] == count["submitted"]
    assert count["acknowledged"] + count["indeterminate"] + count["rejected"] == count["submitted"]
    assert min(count.values()) >= 0
    assert count["lost_acknowledged"] + count["lost_unacknowledged"] == count["lost"]
    assert count["abandoned"] + count["vanished"] == count["lost"]
    assert count["unserved"] == count["submitted"] - count["finished"]
    assert not any("the check itself broke" in one.detail for one in repetition.checks)
