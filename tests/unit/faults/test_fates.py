"""Every fate of a fault, and what evidence it takes: landed, missed, preempted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.kinds.write_race import WriteRace
from harness.faults.spec import FaultInstance
from harness.history.model import History
from harness.history.run_records import Exited, FaultBegun, FaultEnded, Phase, Signalled
from harness.planning.plan import Plan
from systems.desk.records import PointReached
from systems.settings import Capability
from tests.support import histories
from tests.support.histories import KILL, SPARE, A, B, amended, judged, not_valid, ns

TERM = "faults:\n  - {kind: worker_kill, signal: TERM, grace: 1s, when: {step: search_knowledge_base}}\n"
POISON = "faults:\n  - {kind: worker_kill, when: {step: search_knowledge_base}, attempts: 2}\n"
TIMED = "faults:\n  - {kind: worker_kill, when: {after: 110ms}}\n"
THEN_FAIL = KILL + "  - {kind: activity_failure, step: close_ticket, tickets: [1]}\n"


def fate(made: Plan, history: History, fault: int = 1) -> tuple[str, tuple[str, ...]]:
    one = judged(made, history).faults[fault - 1]
    counts = {"landed": one.landed, "missed": one.missed, "preempted": one.preempted, "n/a": one.not_applicable}
    (told,) = [name for name, count in counts.items() if count]
    assert one.planned == one.landed + one.missed
    return told, one.notes


def cut_at(history: History, at: float) -> History:
    """End a run early, `at` ms after its begin."""
    history.phases = [one for one in history.phases if one.t < ns(at)] + [Phase(0, ns(at), "interrupted")]
    return history


def test_a_kill_that_was_seen_to_end_a_busy_worker_landed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    assert fate(made, histories.survived(made)) == ("landed", ())


def test_a_kill_that_never_was_is_missed_with_its_reason(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    history = histories.healthy(made)
    assert fate(made, history) == ("missed", ("1.1: it was never injected",))
    ended = FaultEnded(0, ns(150), "1.1", healed=True, injected=False, note="the run went quiet")
    history.faults_ended["1.1"] = ended
    assert fate(made, history) == ("missed", ("1.1: the run went quiet",))


def idle(history: History) -> None:
    history.requests = [one for one in history.requests if one.proc != A]
    history.attempts = [one for one in history.attempts if one.proc != A]


def writes_after_death(history: History) -> None:
    history.processes[A].journal_bytes = 1  # and none when it was reaped


def is_not_reaped(history: History) -> None:
    history.processes[A].exited = None


def ends_by_itself(history: History) -> None:
    history.processes[A].exited = Exited(0, ns(26), A, 3, None, 1.0, 1)


def never_reached(history: History) -> None:
    history.points.clear()


MISSES: dict[str, tuple[Callable[[History], None], str]] = {
    "its victim was idle": (idle, "no process that it hit was busy"),
    "its victim wrote afterwards": (writes_after_death, "worker 1 (11-1) journaled after it was reaped"),
    "its victim was not reaped": (is_not_reaped, "worker 1 (11-1) was not reaped"),
    "its victim left by itself": (ends_by_itself, "worker 1 (11-1) ended with 3, expected SIGKILL"),
    "nobody came to the point": (never_reached, "no execution reached the point"),
}


@pytest.mark.parametrize(("spoil", "why"), MISSES.values(), ids=MISSES)
def test_a_kill_that_proves_nothing_is_missed(tmp_path: Path, spoil: Callable[[History], None], why: str) -> None:
    made = histories.plan(tmp_path, KILL)
    history = histories.survived(made)
    spoil(history)
    assert fate(made, history) == ("missed", (f"1.1: {why}",))
    repetition = judged(made, history)
    assert [repetition.metrics[name] for name in ("faults_planned", "faults_missed", "exposed")] == [1, 1, 0]
    assert not_valid(made, history)["faults_landed"] == "unknown"


def drained(made: Plan) -> History:
    """Return a history in which the worker left within its grace, on TERM."""
    history = histories.survived(made)
    process = history.processes[A]
    process.signals = [amended(one, signal="SIGTERM") for one in process.signals]
    process.exited = Exited(0, ns(30), A, 0, None, 1.0, 1)
    return history


def test_a_worker_that_left_in_its_grace_was_hit_by_the_term(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TERM)
    assert fate(made, drained(made)) == ("landed", ())


def test_a_worker_that_outlived_its_grace_and_was_killed_was_hit_by_the_term_and_it_is_said(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TERM)
    history = outlived(made)
    assert fate(made, history) == ("landed", ())
    said = "worker 1 (11-1) outlived its grace of 1 s and was killed, as a process manager would"
    (instance,) = made.faults
    attested = made.scenario.faults[0].attest(instance, history)
    assert (attested.detail, attested.moment, attested.procs) == (said, ns(25), (A,))
    (check,) = [one for one in judged(made, history).checks if one.name == "faults_landed"]
    assert (check.verdict, check.detail) == ("valid", f"1 of 1 landed; 1.1: {said}")


def test_a_worker_that_ended_just_before_the_kill_after_its_grace_is_not_said_to_be_killed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TERM)
    history = outlived(made)
    history.processes[A].exited = Exited(0, ns(1025), A, 0, None, 1.0, 1)
    (instance,) = made.faults
    assert made.scenario.faults[0].attest(instance, history).detail == "worker 1 (11-1) reaped with SIGTERM"


def outlived(made: Plan) -> History:
    """Return a history in which the worker went on after TERM, and was killed when its grace of 1 s was over."""
    history = drained(made)
    process = history.processes[A]
    process.signals.append(Signalled(0, ns(1025), A, "SIGKILL", "1.1"))
    process.exited = Exited(0, ns(1026), A, None, "SIGKILL", 1.0, 1)
    note = "worker 11-1 outlived its grace of 1 s and was killed, as a process manager would"
    history.faults_ended["1.1"] = FaultEnded(0, ns(1600), "1.1", healed=True, injected=True, note=note)
    return history


def test_a_worker_that_was_gone_before_the_term_was_not_ended_by_it(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TERM)
    history = drained(made)
    history.processes[A].exited = Exited(0, ns(24.5), A, 0, None, 1.0, 1)
    assert fate(made, history) == ("missed", ("1.1: worker 1 (11-1) was gone before the signal",))


def test_each_execution_that_a_ticket_kills_is_a_fault_of_its_own(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, POISON)
    assert [(one.id, one.ticket, one.visit) for one in made.faults] == [("1.1", 1, 1), ("1.2", 1, 1)]
    history = histories.healthy(made)
    histories.kill(history)
    kill_again(made, history)
    histories.carry_on(made, history, 1, "search_knowledge_base", 65)
    histories.carry_on(made, history, 3, "assign_agent", 75)
    assert fate(made, history) == ("landed", ())
    assert judged(made, history).metrics["faults_planned"] == 2
    assert not_valid(made, history) == {}


def test_later_kills_of_a_ticket_that_died_of_the_first_are_preempted(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, POISON)
    history = histories.healthy(made)
    histories.kill(history)
    (one,) = judged(made, history).faults
    assert (one.planned, one.landed, one.preempted, one.missed) == (1, 1, 1, 0)
    assert one.notes == ("1.2: fault 1.1 ended ticket 1 before",)
    assert not_valid(made, history) == {}


def test_kills_that_nobody_survived_to_meet_are_preempted_by_the_last_one(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, POISON.replace("attempts: 2", "attempts: 3"))
    history = histories.healthy(made)
    histories.kill(history)
    kill_again(made, history)
    (one,) = judged(made, history).faults
    assert (one.planned, one.landed, one.preempted, one.missed) == (2, 2, 1, 0)
    assert one.notes == ("1.3: fault 1.2 ended ticket 1 before",)


def test_a_later_kill_of_a_ticket_that_came_through_is_missed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, POISON)
    (one,) = judged(made, histories.survived(made)).faults
    assert (one.planned, one.landed, one.preempted, one.missed) == (2, 1, 0, 1)


def kill_again(made: Plan, history: History) -> None:
    """Kill another worker too, as ticket 1 searches in it again, and start its replacement."""
    other = "14-1"
    histories.spawn(history, other, 3, -9000)
    _, path = histories.rest_of(made, 1, "search_knowledge_base")
    again = histories.attempt(history, 1, path[0], other, 45)
    history.points.append((other, PointReached(0, ns(49), "1.2", again.id, 1, again.step, 1, "before_effect")))
    histories.crash(history, other, 50, "1.2")
    history.faults_begun["1.2"] = FaultBegun(0, ns(50), "1.2", 0, (other,))
    history.faults_ended["1.2"] = FaultEnded(0, ns(60), "1.2", healed=True, injected=True)
    histories.spawn(history, "15-1", 3, 59)


def test_a_failure_whose_ticket_another_fault_ended_before_is_preempted(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, THEN_FAIL)
    history = histories.healthy(made)
    histories.kill(history)
    assert fate(made, history, 1) == ("landed", ())
    assert fate(made, history, 2) == ("preempted", ("2.1: fault 1.1 ended ticket 1 before",))
    assert not_valid(made, history) == {}
    metrics = judged(made, history).metrics
    assert [metrics[f"faults_{name}"] for name in ("planned", "landed", "missed", "preempted")] == [1, 1, 0, 1]


def test_a_failure_whose_ticket_came_there_all_the_same_is_missed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, THEN_FAIL)
    history = histories.survived(made)
    assert fate(made, history, 2) == ("missed", ("2.1: no execution of close_ticket reached before_effect",))
    (skipped,) = histories.tries(history, 1, "validate_resolution")
    history.audit = [row for row in history.audit if row.writer != skipped.id]
    assert fate(made, history, 2)[0] == "missed"


def test_a_failure_that_could_have_struck_before_its_ticket_was_ended_is_missed(tmp_path: Path) -> None:
    earlier = KILL + "  - {kind: activity_failure, step: send_auto_response, tickets: [1]}\n"
    made = histories.plan(tmp_path, earlier)
    history = histories.healthy(made)
    histories.kill(history)
    assert fate(made, history, 2) == ("missed", ("2.1: no execution of send_auto_response reached before_effect",))


def test_a_failure_that_could_have_struck_a_later_attempt_is_missed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, THEN_FAIL)
    history = histories.healthy(made)
    histories.kill(history)
    _, path = histories.rest_of(made, 1, "close_ticket")
    histories.attempt(history, 1, path[0], SPARE, 60)
    assert fate(made, history, 2)[0] == "missed"


def test_a_failure_in_a_later_window_of_the_attempt_that_was_killed_is_preempted(tmp_path: Path) -> None:
    rest = "  - {kind: activity_failure, step: search_knowledge_base, tickets: [1], window: after_effect}\n"
    made = histories.plan(tmp_path, KILL + rest)
    history = histories.healthy(made)
    histories.kill(history)
    assert fate(made, history, 2)[0] == "preempted"


@pytest.mark.parametrize("pair", [(1, 2), (2, 1)])
def test_a_meeting_is_preempted_where_another_fault_ended_either_ticket_before(
    tmp_path: Path, pair: tuple[int, int]
) -> None:
    made = histories.plan(tmp_path, KILL)
    race = FaultInstance("2.1", 2, "write_race", step="assign_agent", tickets=pair, offer=9)
    specs = (*made.scenario.faults, WriteRace(name=None, line=9, race="double_assign"))
    scenario = amended(made.scenario, faults=specs)
    made = amended(made, scenario=scenario, faults=(*made.faults, race))
    history = histories.healthy(made)
    assert fate(made, history, 2) == ("missed", ("2.1: 0 of 2 tickets came to the meeting",))
    histories.kill(history)
    assert fate(made, history, 2) == ("preempted", ("2.1: fault 1.1 ended ticket 1 before",))


def test_a_timed_pause_is_missed_although_another_fault_ended_a_ticket_that_it_meant(tmp_path: Path) -> None:
    pause = "  - {kind: long_pause, scope: ticket, tickets: [1], duration: 1s, when: {after: 500ms}}\n"
    made = histories.plan(tmp_path, KILL + pause)
    history = histories.healthy(made)
    histories.kill(history)
    assert fate(made, history, 2)[0] == "missed"


def test_a_failure_that_nothing_stood_in_the_way_of_is_missed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, THEN_FAIL)
    history = histories.healthy(made)
    histories.cut(history, 1, 35)
    assert fate(made, history, 2)[0] == "missed"


def test_a_hang_that_was_not_over_is_missed_and_not_undone(tmp_path: Path) -> None:
    rest = "faults:\n  - {kind: activity_failure, step: close_ticket, tickets: [4], error: hang, duration: 1s}\n"
    made = histories.plan(tmp_path, rest)
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", "hang")
    assert fate(made, history) == ("missed", ("1.1: the held attempt had not gone on when the run ended",))
    histories.crash(history, B, 195)
    assert fate(made, history) == ("landed", ())


def test_a_fault_that_the_system_cannot_take_is_not_planned_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = histories.plan(tmp_path, KILL)
    monkeypatch.setattr(WorkerKill, "requires", Capability.ENGINE)
    history = histories.healthy(made)
    assert fate(made, history) == ("n/a", ("1.1: sync cannot take it",))
    assert judged(made, history).metrics["faults_planned"] == 0
    assert not_valid(made, history) == {}


def test_a_timed_kill_needs_no_point(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TIMED)
    history = histories.survived(made)
    history.points.clear()
    history.faults_begun["1.1"] = FaultBegun(0, ns(25), "1.1", ns(24), (A,))
    history.phases.append(Phase(0, ns(201), "end"))
    assert fate(made, history) == ("landed", ())


@pytest.mark.parametrize("faults", [KILL, TIMED], ids=["at a point", "at a time"])
def test_a_fault_whose_moment_had_not_come_when_the_run_was_interrupted_is_not_missed(
    tmp_path: Path, faults: str
) -> None:
    made = histories.plan(tmp_path, faults)
    repetition = judged(made, cut_at(histories.healthy(made), 68))
    (one,) = repetition.faults
    assert (one.planned, one.landed, one.missed, one.not_yet_due) == (1, 0, 0, 1)
    assert one.notes == ("1.1: the run ended before its moment came",)
    assert [repetition.metrics[f"faults_{name}"] for name in ("planned", "landed", "missed")] == [1, 0, 0]
    (check,) = [check for check in repetition.checks if check.name == "faults_landed"]
    assert (check.verdict, check.detail) == ("unknown", "1 not yet due when the run ended: 1.1")


def test_a_fault_whose_moment_had_passed_when_the_run_was_interrupted_is_missed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TIMED)
    assert fate(made, cut_at(histories.healthy(made), 150)) == ("missed", ("1.1: it was never injected",))
