"""What checks find, in whole: the verdict with its words, on a history that is broken in one small way."""

from pathlib import Path
from typing import Any

import pytest

from harness.faults.spec import Attestation
from harness.history.model import History, Process
from harness.history.run_records import Exited, FaultEnded, LiveAtEnd, Phase
from harness.judging.checks.canary import canary
from harness.judging.checks.check import CheckFinding, listed
from harness.judging.checks.faults_landed import faults_landed
from harness.judging.checks.healed import healed
from harness.judging.checks.plan_followed import plan_followed
from harness.judging.checks.quiescence import quiescence
from harness.judging.evidence import Evidence
from harness.judging.repetition import evidence_of
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import KILL, amended, ns, sound, whole

THRICE = "faults:\n  - {kind: worker_kill, when: {after: 1s, every: 1s, times: 3}}\n"


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


@pytest.mark.parametrize(
    ("count", "text"), [(5, "a, b, c, d, e"), (6, "a, b, c, d, e and 1 more"), (8, "a, b, c, d, e and 3 more")]
)
def test_five_names_are_listed_and_of_more_their_number(count: int, text: str) -> None:
    assert listed(list("abcdefgh"[:count])) == text


# -- canary


def test_a_canary_that_went_astray_says_more_than_one_before_it_that_did_not_come_back(made: Plan) -> None:
    evidence, history = sound(made)
    histories.cut(history, -1, -4880)
    history.audit = [
        amended(row, value="backlog") if (row.row, row.value) == ("-2", "resolved") else row for row in history.audit
    ]
    wrong = "not walked as the oracle says: C-0002 (medium): expected resolved, found backlog"
    assert canary(evidence) == CheckFinding("invalid", wrong)


def test_a_repeat_that_the_receiver_dropped_is_no_effect_of_a_canary(made: Plan) -> None:
    evidence, history = sound(made)
    (notify,) = histories.tries(history, -1, "notify_customer")
    histories.send(history, notify, "solution", -4800, applied=False)
    assert canary(evidence) == CheckFinding("valid", "3 canaries walked as the oracle says")


@pytest.mark.parametrize(
    ("phase", "why"),
    [(Phase(0, 0, "canary_failed", "e" * 250), f" ({'e' * 200})"), (Phase(0, 0, "canary", "slow"), "")],
)
def test_a_canary_that_did_not_come_back_is_told_with_the_reason_of_its_phase(
    made: Plan, phase: Phase, why: str
) -> None:
    evidence, history = sound(made)
    histories.cut(history, -1, -4880)
    history.phases = [phase, *history.phases]
    assert canary(evidence) == CheckFinding("unknown", f"never came to an end: C-0001 (low){why}")


def test_canaries_that_all_came_back_before_no_load_was_put_on_are_told_with_the_reason(made: Plan) -> None:
    evidence, history = sound(made)
    history.phases = [Phase(0, 0, "canary_failed", "e" * 250), *history.phases]
    assert canary(evidence) == CheckFinding("unknown", f"no load was put on: {'e' * 200}")


# -- plan_followed


@pytest.mark.parametrize(("late_ms", "verdict"), [(1000, "valid"), (1001, "unknown")])
def test_a_second_is_the_most_that_a_ticket_may_be_late(made: Plan, late_ms: int, verdict: str) -> None:
    evidence, history = sound(made)
    history.submitted = [
        amended(submission, t=submission.planned + late_ms * histories.MS) if submission.ticket == 4 else submission
        for submission in history.submitted
    ]
    words = {
        "valid": "all 4 tickets submitted, at most 1000 ms late",
        "unknown": "a ticket was submitted 1.00 s after its planned time: this machine could not keep up",
    }
    assert plan_followed(evidence) == CheckFinding(verdict, words[verdict])  # type: ignore[arg-type]


# -- faults_landed


def attested(made: Plan, history: History, *fates: Any) -> CheckFinding:
    """Look at instances 1.1, 1.2, … that came to these ends."""
    ids = [f"1.{number}" for number in range(1, len(fates) + 1)]
    attestations = {
        fault: Attestation(fault, fate, f"so says {fault}", healed=True) for fault, fate in zip(ids, fates, strict=True)
    }
    return faults_landed(Evidence(made, history, attestations))


def test_fates_of_faults_are_told_by_the_worst(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, THRICE)
    history = histories.healthy(made)
    assert attested(made, history, "landed", "missed", "not yet due") == CheckFinding(
        "unknown", "1 did not land: 1.2: so says 1.2"
    )
    assert attested(made, history, "not yet due", "landed", "not yet due") == CheckFinding(
        "unknown", "2 not yet due when the run ended: 1.1, 1.3"
    )
    assert attested(made, history, "landed", "preempted", "landed") == CheckFinding(
        "valid", "2 of 2 landed, 1 preempted"
    )
    assert attested(made, history, "landed", "landed", "n/a") == CheckFinding("valid", "2 of 2 landed")


def test_no_fault_planned_is_no_fault_missed(made: Plan) -> None:
    assert attested(made, histories.healthy(made)) == CheckFinding("valid", "no fault was planned")


def test_a_fault_that_landed_otherwise_than_asked_for_is_noted(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, THRICE)
    history = histories.healthy(made)
    for fault, note in (("1.1", "killed after its grace"), ("1.2", "")):
        history.faults_ended[fault] = FaultEnded(0, ns(9), fault, healed=True, injected=True, note=note)
    assert attested(made, history, "landed", "landed", "landed") == CheckFinding(
        "valid", "3 of 3 landed; 1.1: so says 1.1"
    )


@pytest.mark.parametrize(
    ("fate", "is_undone", "finding"),
    [
        ("landed", True, CheckFinding("valid", "every fault was undone")),
        ("missed", True, CheckFinding("valid", "there was nothing to undo")),
        ("landed", False, CheckFinding("unknown", "not undone when the run ended: 1.1")),
    ],
)
def test_what_struck_is_undone(tmp_path: Path, fate: Any, finding: CheckFinding, *, is_undone: bool) -> None:
    made = histories.plan(tmp_path, KILL)
    attestation = Attestation("1.1", fate, "", healed=is_undone)
    assert healed(Evidence(made, histories.healthy(made), {"1.1": attestation})) == finding


# -- quiescence


def at_the_deadline(history: History) -> None:
    history.phases = [amended(phase, name="deadline") if phase.name == "quiet" else phase for phase in history.phases]


@pytest.mark.parametrize(
    ("still_open", "many"),
    [
        ((3, 4), "2 tickets were done in the store while their orchestration was still open: T-0003, T-0004"),
        ((3,), "1 ticket was done in the store while its orchestration was still open: T-0003"),
    ],
)
def test_what_is_done_and_still_open_is_not_quiet(made: Plan, still_open: tuple[int, ...], many: str) -> None:
    evidence, history = sound(made)
    history.at_end = LiveAtEnd(0, ns(200), (), still_open, (), still_open)
    assert quiescence(evidence) == CheckFinding("unknown", many)


@pytest.mark.parametrize("live", [(), (3,)])
def test_a_deadline_says_how_many_were_live(made: Plan, live: tuple[int, ...]) -> None:
    evidence, history = sound(made)
    at_the_deadline(history)
    history.at_end = LiveAtEnd(0, ns(200), live, live, ()) if live else None
    many = "1 ticket was" if live else "0 tickets were"
    words = f"time was up while {many} live: what is called lost may only be late"
    assert quiescence(evidence) == CheckFinding("unknown", words)


def test_a_run_that_never_settled_is_not_quiet(made: Plan) -> None:
    evidence, history = sound(made)
    history.phases = history.phases[:2]
    assert quiescence(evidence) == CheckFinding("unknown", "the run ended before it settled")


@pytest.mark.parametrize(
    ("reaped", "verdict"), [((199, 199), "valid"), ((199, 200), "unknown"), ((199, None), "unknown")]
)
def test_a_deadline_without_a_worker_shows_no_more_with_more_time(
    tmp_path: Path, reaped: tuple[int | None, ...], verdict: str
) -> None:
    made = histories.plan(tmp_path, KILL)
    history = whole(histories.survived(made))
    at_the_deadline(history)
    evidence = evidence_of(made, history, "sync")
    assert evidence.landed
    for process, at in zip(history.processes.values(), (20, *reaped), strict=True):
        process.exited = None if at is None else Exited(0, ns(at), process.proc, None, "SIGKILL", 1.0, 100)
    history.processes["engine"] = Process("engine", "engine", 0, ns(-9000))
    assert quiescence(evidence).verdict == verdict
    if verdict == "valid":
        assert quiescence(evidence).detail == "a landed fault left no worker to run what is open"


def test_only_attempts_after_the_last_undo_that_failed_show_that_more_time_shows_no_more(made: Plan) -> None:
    evidence, history = sound(made)
    at_the_deadline(history)
    history.faults_ended["1.1"] = FaultEnded(0, ns(20), "1.1", healed=True, injected=True)
    history.faults_ended["1.2"] = FaultEnded(0, ns(85), "1.2", healed=True, injected=True)
    late = [attempt for attempt in history.attempts if attempt.started > ns(85)]
    edge = amended(late[0], id="edge", started=ns(85), result="resolved")
    cut_off = amended(late[0], id="cut-off", proc="gone", ended=None, result=None)
    history.processes["gone"] = Process("gone", "worker", 2, ns(0))
    history.processes["gone"].exited = Exited(0, ns(199), "gone", None, "SIGKILL", 1.0, 100)
    history.attempts += [edge, cut_off]
    for attempt in late:
        attempt.result, attempt.error = None, "transient"
    failed = CheckFinding("valid", "every attempt since the last fault was undone failed")
    assert late
    assert quiescence(evidence) == failed
    history.attempts = [amended(one, proc="gone") for one in history.attempts]
    assert quiescence(evidence_of(made, history, "sync")) == failed  # who died after it had failed has failed
    # What is under way at the deadline, in a process that lives, may work: it did not fail.
    history.attempts.append(amended(late[0], id="open", ended=None, result=None, error=None))
    assert quiescence(evidence_of(made, history, "sync")).verdict == "unknown"
    history.attempts.pop()
    history.attempts = [attempt for attempt in history.attempts if attempt.started <= ns(85)]
    assert quiescence(evidence).verdict == "unknown"


def test_without_any_fault_attempts_that_all_failed_count_from_the_start(made: Plan) -> None:
    evidence, history = sound(made)
    at_the_deadline(history)
    for attempt in history.attempts:
        attempt.result, attempt.error = None, "transient"
    history.attempts[0].started = 1
    assert quiescence(evidence).verdict == "valid"
    history.attempts[0].result, history.attempts[0].error = "done", None
    assert quiescence(evidence).verdict == "unknown"
