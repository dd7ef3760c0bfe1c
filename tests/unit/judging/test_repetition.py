"""A repetition judged: its faults in whole, what took a system up, and what resume times are noted with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.faults.spec import Attestation
from harness.history.model import History, Request
from harness.history.run_records import FaultBegun, Phase
from harness.judging.evidence import Evidence
from harness.judging.repetition import evidence_of, judge, judge_evidence
from harness.runfolder.result import FaultResult, Moment
from systems.desk.fault_mode import FaultMode
from systems.desk.rows import AuditRow
from tests.support import histories
from tests.support.histories import KILL, A, amended, judged, ns, whole

SEVERAL = """\
faults:
  - {kind: worker_kill, name: early, when: {after: 110ms, every: 100ms, times: 5}}
  - {kind: worker_kill, when: {step: search_knowledge_base}}
  - {kind: activity_failure, step: close_ticket, tickets: [1, 4], error: transient}
"""


def attested(fault: str, fate: Any, moment: float | None = None, **more: Any) -> Attestation:
    return Attestation(fault, fate, f"so says {fault}", None if moment is None else ns(moment), healed=True, **more)


def test_a_fault_is_told_by_the_fates_of_its_instances_and_when_they_were_due_and_struck(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, SEVERAL)
    history = whole(histories.survived(made))
    fates = [
        attested("1.1", "landed", 25, procs=(A,)),
        attested("1.2", "missed", 215),
        attested("1.3", "preempted"),
        attested("1.4", "not yet due"),
        attested("1.5", "landed"),
        attested("2.1", "landed", 25, procs=(A,)),
        attested("3.1", "landed", 55, tickets=(1,)),
        attested("3.2", "n/a"),
    ]
    history.faults_begun = {
        fate.id: FaultBegun(0, ns(26), fate.id, ns(111)) for fate in fates if fate.id not in {"1.3", "3.2"}
    }
    first, second, third = judge_evidence(Evidence(made, history, {fate.id: fate for fate in fates})).faults
    words = [f"1.{number}: so says 1.{number}" for number in (2, 3, 4)]
    counts: dict[str, Any] = {"landed": 2, "missed": 1, "preempted": 1, "not_applicable": 0}
    assert first == FaultResult(
        index=1,
        line=8,
        name="early",
        kind="worker_kill",
        tickets=(),
        planned=4,
        exposed=2,
        notes=tuple(words),
        moments=(Moment("1.1", 0.11, 0.024),),
        **counts,
    )
    counts = {"landed": 1, "missed": 0, "preempted": 0, "not_applicable": 0}
    assert second == FaultResult(
        index=2, line=9, name=None, kind="worker_kill", tickets=(1,), planned=1, exposed=2, **counts
    )
    assert third == FaultResult(
        index=3,
        line=10,
        name=None,
        kind="activity_failure",
        tickets=(1, 4),
        planned=1,
        exposed=1,
        notes=("3.2: so says 3.2",),
        **(counts | {"not_applicable": 1}),
    )


# -- who took something up


def acknowledged(history: History, number: int) -> None:
    histories.answer(history, number, 60, "info", accepted=True)


def began(history: History, number: int) -> None:
    history.attempts.append(amended(history.attempts[0], id="only", ticket=number))


def took(history: History, number: int) -> None:
    history.requests.append(Request("r", A, number, ns(50)))


def inserted(history: History, number: int) -> None:
    history.audit.append(AuditRow(1, "tickets", str(number), None, 1, None, "r", ns(50), "open"))


@pytest.mark.parametrize("trace", [acknowledged, began, took, inserted])
def test_any_trace_of_a_counted_ticket_shows_that_a_system_took_something_up(
    tmp_path: Path, trace: Callable[[History, int], None]
) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    for number in (1, 2, 3, 4):
        histories.cut(history, number, -9000)
    assert not judged(made, history).took_up
    trace(history, -1)
    assert not judged(made, history).took_up
    trace(history, 1)
    assert judged(made, history).took_up


# -- what a resume time is noted with


def of_mode(mode: FaultMode, step: str) -> str:
    return f"{mode.value} at {step}"


def test_a_resume_time_is_noted_with_what_the_very_attempt_that_it_is_of_waited_for(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, SEVERAL)
    history = whole(histories.survived(made))
    (close,) = histories.tries(history, 1, "close_ticket")
    history.attempts.append(amended(close, id="retry", started=close.started + 9 * histories.MS))
    fates = [
        attested("2.1", "landed", 25, procs=(A,)),
        attested("3.1", "landed", 80, tickets=(1,), attempts=(close.id,)),
    ]
    others = {fault.id: attested(fault.id, "missed") for fault in made.faults}
    repetition = judge_evidence(Evidence(made, history, others | {fate.id: fate for fate in fates}), of_mode)
    assert [repetition.metrics[name] for name in ("resume_p50", "resume_p95")] == [0.003, 0.02]
    assert repetition.notes == {
        "resume_p50": "it went on by itself",
        "resume_p95": "KILL at search_knowledge_base",
        "resume_max": "KILL at search_knowledge_base",
    }


def test_of_two_attempts_that_went_on_as_late_the_first_is_noted_and_one_that_broke_did_not_go_on_by_itself(
    tmp_path: Path,
) -> None:
    made = histories.plan(tmp_path, SEVERAL)
    history = whole(histories.survived(made))
    (close,) = histories.tries(history, 1, "close_ticket")
    close.ended, close.result, close.error = ns(85), None, "transient"
    history.attempts.append(amended(close, id="retry", started=ns(100)))
    struck = attested("3.1", "landed", 80, tickets=(1,), attempts=(close.id,))
    others = {fault.id: attested(fault.id, "missed") for fault in made.faults}
    alone = judge_evidence(Evidence(made, history, others | {"3.1": struck}), of_mode)
    assert alone.notes["resume_max"] == "transient at close_ticket"
    both = others | {"2.1": attested("2.1", "landed", 25, procs=(A,)), "3.1": struck}
    repetition = judge_evidence(Evidence(made, history, both), of_mode)
    assert (repetition.metrics["resume_p50"], repetition.metrics["resume_max"]) == (0.02, 0.02)
    assert repetition.notes["resume_max"] == "KILL at search_knowledge_base"


def test_what_a_system_cannot_take_is_neither_missed_nor_left_undone_in_a_short_run_too(tmp_path: Path) -> None:
    text = histories.SCENARIO.replace("[sync]", "[sync, temporal]")
    engine = "  - {kind: engine_kill, when: {after: 150ms}}\n"
    made = histories.planned(tmp_path, f"{text}{KILL}{engine}")
    history = histories.survived(made)
    history.phases = [Phase(0, ns(100), "interrupted")]
    repetition = judged(made, history)
    killed, taken = repetition.faults
    assert (killed.landed, taken.not_applicable, taken.notes) == (1, 1, ("2.1: sync cannot take it",))
    (healed,) = [check for check in repetition.checks if check.name == "healed"]
    assert healed.verdict == "valid"


def test_a_resume_time_of_which_nothing_can_be_said_has_no_note(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    history = whole(histories.survived(made))
    assert judge(made, history, "sync").notes == {}
    assert judge_evidence(evidence_of(made, history, "sync")).notes == {}
    assert judge(made, history, "sync", of_mode).notes == dict.fromkeys(
        ("resume_p50", "resume_p95", "resume_max"), "KILL at search_knowledge_base"
    )


def test_a_time_that_never_came_waited_for_nothing(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    history = histories.healthy(made)
    histories.kill(history)
    repetition = judge(made, whole(history), "sync", of_mode)
    assert repetition.metrics["resume_p50"] is None
    assert repetition.notes == {}


# -- a fault that was not yet due, or that another one preempted

LATER = "faults:\n  - {kind: worker_kill, when: {after: 150ms}}\n"


@pytest.mark.parametrize(
    ("ends_at", "fate"), [(150, "not yet due"), (151, "not yet due"), (152, "missed"), (None, "missed")]
)
def test_a_fault_that_the_runs_end_came_before_was_not_missed(tmp_path: Path, ends_at: int | None, fate: str) -> None:
    made = histories.plan(tmp_path, LATER)
    history = histories.healthy(made)
    if ends_at is not None:
        history.phases = [Phase(0, ns(0), "load"), Phase(0, ns(ends_at), "interrupted"), Phase(0, ns(1), "settle")]
    (fault,) = judged(made, history).faults
    assert (fault.planned, fault.missed) == (1, int(fate == "missed"))
    words = "1.1: the run ended before its moment came"
    assert (fault.notes == (words,)) == (fate == "not yet due")


def test_a_fault_that_had_begun_is_missed_in_a_short_run_too(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, LATER)
    history = histories.healthy(made)
    history.phases = [Phase(0, ns(100), "interrupted")]
    history.faults_begun["1.1"] = FaultBegun(0, ns(90), "1.1", ns(151), (A,))
    (fault,) = judged(made, history).faults
    assert fault.missed == 1


def test_a_run_without_a_phase_or_a_submission_ended_before_everything(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, LATER)
    (fault,) = judge(made, History("sync", 1), "sync").faults
    assert fault.notes == ("1.1: the run ended before its moment came",)
