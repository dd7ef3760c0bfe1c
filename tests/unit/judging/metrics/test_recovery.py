"""What a fault hit and when it went on, against literal histories, whatever never came included."""

from pathlib import Path

import msgspec

from harness.history.model import History
from harness.history.run_records import FaultEnded
from harness.judging.repetition import judge
from harness.planning.plan import Plan
from systems.desk.records import HangOver
from systems.system import Residency
from tests.support import histories
from tests.support.histories import A, B, judged, ns
from tests.unit.judging.metrics.figures import DURABILITY, EFFECTS, FAILURE, RACES, RETRIES, changed, failed_try, of

RECOVERY = ("interrupted", "exposed", "recovered", "unresumed", "unrecovered")
RESUME, ENDED, DELAY = (
    tuple(f"{family}_{name}" for name in ("p50", "p95", "max")) for family in ("resume", "recovery", "delay")
)


def test_a_kill_that_landed_and_after_which_all_went_on(kill_plan: Plan) -> None:
    repetition = judged(kill_plan, histories.survived(kill_plan))
    assert [repetition.metrics[name] for name in RECOVERY] == [1, 2, 2, 0, 0]
    assert [repetition.metrics[name] for name in RESUME] == [0.02] * 3
    assert [repetition.metrics[name] for name in ENDED] == [0.056] * 3  # ticket 1, whose step was open
    assert [repetition.metrics[name] for name in DELAY] == [0.038] * 3  # ticket 3, which only waited there
    assert repetition.pairs == {"resume": 1, "recovery": 1, "delay": 1, "latency": 4, "ack": 4}
    assert repetition.metrics["drain"] == 0.075
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
    latencies = ("latency_p95", "latency_p99")
    assert repetition.censored == (*RESUME, *ENDED, *DELAY, *latencies)
    assert [repetition.metrics[name] for name in RETRIES] == [13, 0, 1.0, 0, 0.0, 0.006]


def test_a_percentile_is_censored_only_where_it_falls_on_what_never_came(tmp_path: Path) -> None:
    made = histories.plan(
        tmp_path, "faults:\n  - {kind: activity_failure, step: close_ticket, tickets: [1, 4], error: transient}\n"
    )
    history = histories.healthy(made)
    for number, fault in ((1, "1.1"), (4, "1.2")):
        (close,) = histories.tries(history, number, "close_ticket")
        histories.strike(history, close, fault)
    histories.carry_on(made, history, 4, "close_ticket", 95)
    repetition = judged(made, history)
    assert [repetition.metrics[name] for name in ENDED] == [0.016, None, None]
    assert repetition.pairs["recovery"] == 2


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
    names = ("failed", "unrecovered", "resume_max", "recovery_max", "delay_max")
    assert of(made, history, *names) == [1, 1, None, None, 0.033]


TERM = "faults:\n  - {kind: worker_kill, signal: TERM, when: {step: search_knowledge_base}}\n"


def drained(made: Plan) -> History:
    """Return a history in which TERM came in place of the kill."""
    history = histories.survived(made)
    process = history.processes[A]
    process.signals = [msgspec.structs.replace(one, signal="SIGTERM") for one in process.signals]
    return history


def test_an_attempt_that_a_drain_let_finish_was_exposed_and_not_interrupted(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TERM)
    history = drained(made)
    first = histories.tries(history, 1, "search_knowledge_base")[0]
    first.ended, first.result = ns(25.5), "found"
    repetition = judged(made, history)
    assert [repetition.metrics[name] for name in ("interrupted", "exposed", "unresumed")] == [0, 2, 0]
    assert repetition.absent["resume_max"] == "no landed fault broke a step open"


def test_an_attempt_that_was_cut_as_its_grace_ended_was_interrupted_whenever_it_began(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TERM)
    history = drained(made)
    _, path = histories.rest_of(made, 3, "assign_agent")
    histories.attempt(history, 3, path[0], A, 26)
    histories.in_order(history)
    names = ("interrupted", "exposed", "resume_p50", "resume_max")
    assert of(made, history, *names) == [2, 2, 0.02, 0.03]  # both since the TERM at 25 ms


def test_what_a_resume_time_follows_from_is_said_beside_it(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    repetition = judge(kill_plan, history, "sync", lambda how, step: f"{how} in {step}")
    assert repetition.notes == dict.fromkeys(RESUME, "KILL in search_knowledge_base")


def test_a_failure_exposes_its_ticket_and_resumes_with_the_next_attempt(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=4, error="transient"))
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1")
    histories.carry_on(made, history, 4, "close_ticket", 95)
    assert of(made, history, *RECOVERY, "recovered_by_retry") == [1, 1, 1, 0, 0, 1]
    assert of(made, history, "resume_max", "recovery_max", "drain") == [0.01, 0.016, 0.095]


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
    assert of(kill_plan, history, "drain") == [0.1]


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
    histories.write(history, "tickets", "4", close.id, 90, "manual_intervention")
    repetition = judged(made, history)
    assert repetition.metrics["exposed"] == 1
    assert repetition.pairs == {"resume": 1, "latency": 3, "ack": 4}
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
