"""Judging literal histories: whole figures, every check shown to fail, fates, expectations."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.history import Attempt, History, Process, Request
from harness.judge import judge
from harness.plan import Plan, build
from harness.reading import read
from harness.result import CheckResult, FaultResult, Repetition
from harness.verdict import judge_expectations, overall
from systems.desk import records
from systems.desk.model import MESSAGES, Step
from systems.desk.records import AuditRow, LedgerEntry, TimelineEntry
from systems.system import Residency

SECOND = 1_000_000_000
WORKER, OTHER, HARNESS = "10-1", "11-1", "12-1"
KILL = "faults: [{kind: worker_kill, when: {step: agent_investigate}}]"


def plan_of(folder: Path, more: str = "", tickets: int = 2) -> Plan:
    path = folder / "s.yaml"
    text = f"""
        name: literal
        load: {{tickets: {tickets}, arrival: all_at_once, priorities: {{medium: 1}}}}
        desk: {{outcomes: {{needs_escalation: 0, no_agent: 0}}}}
        systems: [sync]
    """
    path.write_text(textwrap.dedent(text) + more)
    return build(read(str(path))[0])


@dataclass
class Tape:
    """Writes a history by hand: a ticket's step takes a tenth of a second."""

    plan: Plan
    history: History = field(default_factory=lambda: History("sync", 1))
    now: int = 100 * SECOND

    def __post_init__(self) -> None:
        for index, proc in enumerate((WORKER, OTHER)):
            self.history.processes[proc] = Process(proc, "worker", index, 1, ready=2, last_record=3)

    def phase(self, name: str) -> None:
        self.history.phases.append(records.Phase(0, self.now, name))

    def walk(self, number: int, steps: int | None = None, proc: str = WORKER) -> None:
        """Walk a ticket as its oracle says, through the first `steps` steps."""
        (ticket,) = [t for t in (*self.plan.tickets, *self.plan.canaries) if t.number == number]
        for passage in ticket.oracle.path[:steps]:
            self.step(number, passage.step, passage.visit, passage.purpose, passage.result, proc)

    def step(self, number: int, step: str, visit: int, purpose: str, result: str, proc: str = WORKER) -> Attempt:
        attempt = self.attempt(number, step, visit, proc)
        attempt.ended, attempt.result = self.now + SECOND // 10, result
        if Step(step) in MESSAGES:
            self.effect(attempt, purpose)
        self.now += SECOND // 10
        entry = TimelineEntry(step, visit, purpose, result, attempt.id)
        state = result if step == Step.CLOSE_TICKET else "open"
        self.write("tickets", str(number), attempt.id, state, msgspec.json.encode(entry).decode())
        return attempt

    def attempt(self, number: int, step: str, visit: int = 1, proc: str = WORKER) -> Attempt:
        name = f"{proc}.{len(self.history.attempts)}"
        attempt = Attempt(name, number, step, visit, "w", self.now, proc=proc)
        self.history.attempts.append(attempt)
        return attempt

    def effect(self, attempt: Attempt, purpose: str, nth: int = 1) -> None:
        seq = len(self.history.ledger)
        key = (attempt.ticket, attempt.step, purpose, nth)
        self.history.ledger.append(LedgerEntry(seq, self.now, *key, attempt.id, applied=True))

    def write(self, table: str, row: str, writer: str, value: str, entry: str = "", read: int | None = None) -> None:
        before = [one for one in self.history.audit if (one.table, one.row) == (table, row)]
        old = before[-1].new_version if before else None
        seen = old if read is None else read
        at = len(self.history.audit) + 1
        row_ = AuditRow(at, table, row, old, (old or 0) + 1, seen, writer, self.now, value, entry)
        self.history.audit.append(row_)

    def submit(self, number: int, outcome: str | None = "ok") -> None:
        n = 1 + sum(one.ticket == number for one in self.history.submitted)
        self.history.submitted.append(records.Submitted(0, self.now, number, n, self.now))
        if outcome is not None:
            self.history.answered.append(records.Answered(0, self.now, number, n, outcome, accepted=outcome == "ok"))

    def die(self, proc: str, fault: str = "1.1") -> None:
        process = self.history.processes[proc]
        process.signals.append(records.Signalled(0, self.now, proc, "SIGKILL", fault))
        process.exited = records.Exited(0, self.now + 1000, proc, None, "SIGKILL", 0.5, 1)
        process.last_record = self.now - 1

    def healed(self, fault: str = "1.1") -> None:
        self.history.faults_ended[fault] = records.FaultEnded(0, self.now, fault, healed=True, injected=True)

    def finish(self, *, live: tuple[int, ...] = (), known: tuple[int, ...] = ()) -> None:
        self.phase("quiet")
        self.history.at_end = records.LiveAtEnd(0, self.now, live, known, ())

    def judged(self) -> Repetition:
        return judge(self.plan, self.history, "sync")


def healthy(folder: Path, more: str = "") -> Tape:
    tape = Tape(plan_of(folder, more))
    for canary in (-1, -2, -3):
        tape.walk(canary)
    tape.phase("load")
    for number in (1, 2):
        tape.submit(number)
        tape.walk(number)
    tape.finish()
    return tape


def killed(folder: Path) -> Tape:
    """Ticket 1 dies with its worker while it is investigated, and is walked on by the other; ticket 2 is fine."""
    tape = Tape(plan_of(folder, KILL))
    for canary in (-1, -2, -3):
        tape.walk(canary)
    tape.phase("load")
    for number in (1, 2):
        tape.submit(number)
    tape.walk(2, proc=OTHER)
    tape.walk(1, steps=1)
    broken = tape.attempt(1, "agent_investigate")
    reached = records.PointReached(0, tape.now, "1.1", broken.id, 1, "agent_investigate", 1, "before_effect")
    tape.history.points.append((WORKER, reached))
    tape.now += SECOND // 2
    tape.die(WORKER)
    tape.now += 2 * SECOND
    tape.healed()
    for passage in tape.plan.tickets[0].oracle.path[1:]:
        tape.step(1, passage.step, passage.visit, passage.purpose, passage.result, OTHER)
    tape.finish()
    return tape


def group(repetition: Repetition, *names: str) -> dict[str, Any]:
    return {name: repetition.metrics.get(name, "absent") for name in names}


def not_valid(repetition: Repetition) -> list[str]:
    return [check.name for check in repetition.checks if check.verdict != "valid"]


def test_a_healthy_history_has_these_figures_and_no_doubt(tmp_path: Path) -> None:
    repetition = healthy(tmp_path).judged()
    assert not_valid(repetition) == []
    assert repetition.metrics == {
        "submitted": 2, "acknowledged": 2, "indeterminate": 0, "rejected": 0, "finished": 2, "unserved": 0,
        "failed": 0, "failed_as_expected": 0, "lost": 0, "lost_acknowledged": 0, "lost_unacknowledged": 0,
        "abandoned": 0, "vanished": 0, "wrong_outcome": 0,
        "effects_expected": 2, "effects_applied": 2, "effects_missing": 0, "effects_duplicated": 0,
        "effects_unexpected": 0, "effects_deduplicated": 0,
        "attempts": 12, "retries": 0, "retry_amplification": 1.0, "recovered_by_retry": 0, "redone_seconds": 0.0,
        "wasted_seconds": 0.0,
        "interrupted": 0, "exposed": 0, "recovered": 0, "unresumed": 0, "unrecovered": 0, "unavailable": 0.1,
        "lost_updates": 0, "double_assignments": 0, "duplicate_tickets": 0, "stale_writes": 0, "conflicts": 0,
        "agents_leaked": 0,
        "latency_p50": 0.6, "latency_p95": 0.6, "latency_p99": 0.6, "ack_p95": 0.0, "throughput": 1.667,
        "faults_planned": 0, "faults_landed": 0, "faults_missed": 0, "faults_preempted": 0,
    }  # fmt: skip
    assert repetition.censored == ()
    assert set(repetition.absent) == {
        "resume_p50", "resume_p95", "resume_max", "recovery_p50", "recovery_p95", "recovery_max", "drain",
        "cpu_seconds", "engine_cpu_seconds", "cpu_per_ticket", "paused_cpu_seconds", "peak_rss",
    }  # fmt: skip


def test_classes_are_lost_known_or_not_refused_failed_and_add_up(tmp_path: Path) -> None:
    tape = Tape(plan_of(tmp_path, tickets=5))
    tape.submit(1)
    tape.walk(1)
    tape.submit(2, "info")  # the store knows it: abandoned
    tape.walk(2, steps=2)
    tape.submit(3, None)  # nobody knows it: vanished
    tape.submit(4, "fail")  # refused, and no trace
    tape.submit(5)
    tape.step(5, "close_ticket", 1, "", "manual_intervention")
    tape.finish()
    names = ("submitted", "acknowledged", "indeterminate", "rejected", "finished", "unserved", "failed", "lost")
    repetition = tape.judged()
    assert group(repetition, *names, "lost_acknowledged", "abandoned", "vanished") == {
        "submitted": 5, "acknowledged": 2, "indeterminate": 2, "rejected": 1, "finished": 1, "unserved": 4,
        "failed": 1, "lost": 2, "lost_acknowledged": 0, "abandoned": 1, "vanished": 1,
    }  # fmt: skip
    assert repetition.tickets == {"failed": (5,), "lost": (2, 3), "rejected": (4,)}


def test_a_missing_effect_never_cancels_a_duplicated_one(tmp_path: Path) -> None:
    tape = healthy(tmp_path)
    (first, second) = [entry for entry in tape.history.ledger if entry.ticket > 0]
    tape.history.ledger.remove(second)
    attempt = next(a for a in tape.history.attempts if a.id == first.attempt)
    tape.effect(attempt, "resolved")
    tape.effect(attempt, "no such purpose")
    assert group(tape.judged(), "effects_missing", "effects_duplicated", "effects_unexpected") == {
        "effects_missing": 1,
        "effects_duplicated": 1,
        "effects_unexpected": 1,
    }


def test_a_landed_kill_is_measured_from_its_moment(tmp_path: Path) -> None:
    repetition = killed(tmp_path).judged()
    assert not_valid(repetition) == []
    names = ("interrupted", "exposed", "recovered", "unrecovered", "unresumed", "resume_p50", "recovery_max", "drain")
    assert group(repetition, *names, "retries", "recovered_by_retry", "redone_seconds", "faults_landed") == {
        "interrupted": 1, "exposed": 1, "recovered": 1, "unrecovered": 0, "unresumed": 0, "resume_p50": 2.0,
        "recovery_max": 2.5, "drain": 0.5, "retries": 1, "recovered_by_retry": 1, "redone_seconds": 0.500001,
        "faults_landed": 1,
    }  # fmt: skip
    line = tmp_path.joinpath("s.yaml").read_text().splitlines().index(KILL) + 1
    assert repetition.faults == (FaultResult(1, line, None, "worker_kill", (1,), 1, 1, 0, 0, 0, 1),)


def test_a_ticket_that_never_comes_back_is_censored_not_dropped(tmp_path: Path) -> None:
    tape = killed(tmp_path)
    after = [a for a in tape.history.attempts if a.ticket == 1 and a.proc == OTHER]
    gone = {a.id for a in after}
    tape.history.attempts = [a for a in tape.history.attempts if a.id not in gone]
    tape.history.ledger = [e for e in tape.history.ledger if e.attempt not in gone]
    tape.history.audit = [row for row in tape.history.audit if row.writer not in gone]
    repetition = tape.judged()
    names = ("lost", "unresumed", "unrecovered", "resume_max", "recovery_p50", "wasted_seconds")
    assert group(repetition, *names) == {
        "lost": 1, "unresumed": 1, "unrecovered": 1, "resume_max": None, "recovery_p50": None,
        "wasted_seconds": 0.500001,
    }  # fmt: skip
    assert {"resume_max", "recovery_p50"} <= set(repetition.censored)


def test_races_are_read_from_the_audit_and_a_write_is_never_counted_twice(tmp_path: Path) -> None:
    tape = healthy(tmp_path)
    old, new = (a.id for a in tape.history.attempts if a.ticket == 1 and a.step in {"assign_agent", "agent_resolve"})
    for holder, writer in (("1", old), ("2", new), ("", new)):
        tape.write("agents", "R-001", writer, holder)
    tape.write("agents", "R-002", old, "1")  # held at the end
    tape.write("tickets", "7", new, "open")
    tape.write("tickets", "7", new, "open")
    tape.write("tickets", "7", old, "open", read=1)  # superseded by a newer attempt of the same ticket
    tape.write("tickets", "8", "10-1.open", "open")
    tape.write("tickets", "8", old, "open")
    tape.write("tickets", "8", "10-1.open", "open", read=1)  # an operator who had not read it
    names = ("double_assignments", "agents_leaked", "stale_writes", "lost_updates")
    assert group(tape.judged(), *names) == {
        "double_assignments": 1,
        "agents_leaked": 1,
        "stale_writes": 1,
        "lost_updates": 1,
    }


def break_canary(tape: Tape) -> None:
    tape.history.audit = [row for row in tape.history.audit if row.row != "-2"]


def break_plan(tape: Tape) -> None:
    tape.history.submitted[0] = records.Submitted(0, 105 * SECOND, 1, 1, 102 * SECOND)


def break_landing(tape: Tape) -> None:
    tape.history.processes[WORKER].exited = records.Exited(0, tape.now, WORKER, 0, None, 0.5, 1)


def break_healing(tape: Tape) -> None:
    tape.history.faults_ended["1.1"] = records.FaultEnded(0, tape.now, "1.1", healed=False, injected=True)


def break_quiet(tape: Tape) -> None:
    tape.history.phases = [one for one in tape.history.phases if one.name != "quiet"]
    tape.phase("deadline")


def break_journal(tape: Tape) -> None:
    tape.history.processes[OTHER].last_record = None


def break_ledger(tape: Tape) -> None:
    tape.history.ledger.append(LedgerEntry(99, tape.now, -1, "notify_customer", "solution", 9, "99-9.1", applied=False))


def break_conservation(tape: Tape) -> None:
    tape.history.answered = [
        records.Answered(0, one.t, one.ticket, one.n, "fail" if one.ticket == 2 else "ok")
        for one in tape.history.answered
    ]


BROKEN: dict[str, tuple[Callable[[Tape], None], str, str]] = {
    "a canary that never ended": (break_canary, "canary", "unknown"),
    "a ticket sent late": (break_plan, "plan_followed", "unknown"),
    "a victim that left by itself": (break_landing, "faults_landed", "unknown"),
    "a fault that was not undone": (break_healing, "healed", "unknown"),
    "a deadline instead of quiet": (break_quiet, "quiescence", "unknown"),
    "a worker without a journal": (break_journal, "journal_intact", "unknown"),
    "an effect without an attempt": (break_ledger, "journal_intact", "invalid"),
    "a refused ticket that ran": (break_conservation, "conservation", "invalid"),
}


@pytest.mark.parametrize(("breaking", "check", "verdict"), BROKEN.values(), ids=BROKEN)
def test_each_check_is_caught_failing_and_no_other_one(
    tmp_path: Path, breaking: Callable[[Tape], None], check: str, verdict: str
) -> None:
    tape = killed(tmp_path)
    breaking(tape)
    found = [(one.name, one.verdict) for one in tape.judged().checks if one.verdict != "valid"]
    assert found == [(check, verdict)]


def test_a_canary_with_another_end_contradicts_the_oracle(tmp_path: Path) -> None:
    tape = healthy(tmp_path)
    tape.history.audit = [
        msgspec.structs.replace(row, value="backlog") if (row.row, row.value) == ("-1", "resolved") else row
        for row in tape.history.audit
    ]
    assert [(c.name, c.verdict) for c in tape.judged().checks if c.verdict != "valid"] == [("canary", "invalid")]


def test_a_landed_fault_that_hits_nobody_is_unknown_by_exposure(tmp_path: Path) -> None:
    timed = "faults: [{kind: worker_kill, when: {after: 1s}}]"
    tape = healthy(tmp_path, timed)
    tape.history.requests.append(Request("r", WORKER, -1, 1))  # busy, but with a canary
    tape.die(WORKER)
    tape.healed()
    assert [(c.name, c.verdict) for c in tape.judged().checks if c.verdict != "valid"] == [("exposure", "unknown")]


def test_a_check_that_breaks_is_unknown(tmp_path: Path) -> None:
    tape = healthy(tmp_path)
    tape.history.submitted.clear()
    repetition = tape.judged()
    (check,) = [one for one in repetition.checks if one.name == "plan_followed"]
    assert check.verdict == "unknown"


def idle_victim(tape: Tape) -> None:
    tape.die(WORKER)
    tape.history.attempts = [a for a in tape.history.attempts if a.proc != WORKER]


def scribbling_victim(tape: Tape) -> None:
    tape.history.residencies.append(Residency(1, WORKER, 1, tape.now + 9))
    tape.die(WORKER)
    tape.history.processes[WORKER].last_record = tape.now + 10_000


@pytest.mark.parametrize(
    ("happening", "why"),
    [(lambda _: None, "it was never injected"), (idle_victim, "busy"), (scribbling_victim, "after it was reaped")],
    ids=["never", "idle", "scribbling"],
)
def test_a_kill_without_proof_is_missed_and_says_why(
    tmp_path: Path, happening: Callable[[Tape], None], why: str
) -> None:
    tape = healthy(tmp_path, "faults: [{kind: worker_kill, when: {after: 1s}}]")
    happening(tape)
    repetition = tape.judged()
    assert (repetition.faults[0].missed, repetition.faults[0].landed) == (1, 0)
    assert why in repetition.faults[0].notes[0]
    assert "faults_landed" in not_valid(repetition)


def test_a_fault_whose_ticket_another_one_ended_is_preempted(tmp_path: Path) -> None:
    second = "faults:\n- {kind: worker_kill, when: {step: agent_investigate}}\n"
    second += "- {kind: activity_failure, step: close_ticket, tickets: [1]}\n"
    tape = killed(tmp_path)
    tape.plan = plan_of(tmp_path, second)
    gone = {a.id for a in tape.history.attempts if a.ticket == 1 and a.proc == OTHER}
    tape.history.attempts = [a for a in tape.history.attempts if a.id not in gone]
    tape.history.ledger = [e for e in tape.history.ledger if e.attempt not in gone]
    tape.history.audit = [row for row in tape.history.audit if row.writer not in gone]
    repetition = tape.judged()
    assert [(f.landed, f.missed, f.preempted) for f in repetition.faults] == [(1, 0, 0), (0, 0, 1)]
    assert not_valid(repetition) == []


# -- expectations


def repetition_with(metrics: dict[str, Any], censored: tuple[str, ...] = (), planned: int = 1) -> Repetition:
    fault = FaultResult(1, 1, None, "worker_kill", (), planned, planned, 0, 0, 1 - planned, 1)
    return Repetition({"acknowledged": 3, **metrics}, censored, (CheckResult("healed", "valid", ""),), (fault,))


SYNC = repetition_with({"lost": 3, "recovery_p95": None, "finished": 0}, ("recovery_p95",))
TEMPORAL = repetition_with({"lost": 0, "recovery_p95": 2.5, "finished": 3})
CASES = [
    ("temporal.lost == 0", "pass"),
    ("sync.lost == 0", "fail"),
    ("temporal.lost <= sync.lost", "pass"),
    ("sync.lost <= temporal.lost * 2", "fail"),
    ("lost <= 3", "pass"),
    ("lost <= 2", "fail"),
    ("temporal.recovery_p95 < 10s", "pass"),
    ("sync.recovery_p95 < 10s", "fail"),
    ("sync.recovery_p95 == 10s", "fail"),
    ("sync.recovery_p95 > 10s", "pass"),
    ("sync.recovery_p95 >= sync.recovery_p95", "unknown"),
    ("temporal.drain < 10s", "unknown"),
    ("absent.lost == 0", "n/a"),
]


def expectation_verdict(folder: Path, text: str, repetitions: dict[str, Any]) -> str:
    systems = "systems: {sync: , temporal: , absent: {system: sync}}"
    path = folder / "s.yaml"
    path.write_text(f"name: x\n{systems}\nexpect: ['{text}']\n")
    scenario = read(str(path))[0]
    (result,) = judge_expectations(scenario, repetitions, 1)
    return result.verdict


@pytest.mark.parametrize(("text", "verdict"), CASES, ids=[text for text, _ in CASES])
def test_an_expectation_is_judged_on_figures_that_exist(tmp_path: Path, text: str, verdict: str) -> None:
    assert expectation_verdict(tmp_path, text, {"sync": [SYNC], "temporal": [TEMPORAL]}) == verdict


def test_an_unlabelled_expectation_skips_systems_that_no_fault_applies_to(tmp_path: Path) -> None:
    untouched = repetition_with({"lost": 3}, planned=0)
    assert expectation_verdict(tmp_path, "lost == 0", {"sync": [untouched], "temporal": [TEMPORAL]}) == "pass"
    assert expectation_verdict(tmp_path, "lost == 0", {"sync": [untouched]}) == "unknown"


def test_a_system_that_acknowledged_nothing_proves_nothing(tmp_path: Path) -> None:
    silent = repetition_with({"acknowledged": 0, "lost": 0})
    assert expectation_verdict(tmp_path, "sync.lost == 0", {"sync": [silent], "temporal": [TEMPORAL]}) == "unknown"
    assert overall((), {"sync": [silent]}, 1) == "unknown"


def test_the_verdict_is_the_worst_of_expectations_and_checks() -> None:
    def with_check(verdict: Any) -> Repetition:
        return msgspec.structs.replace(TEMPORAL, checks=(CheckResult("healed", verdict, ""),))

    assert overall((), {"temporal": [TEMPORAL]}, 1) == "pass"
    assert overall((), {"temporal": [TEMPORAL]}, 2) == "unknown"
    assert overall((), {}, 1) == "unknown"
    assert overall((), {"temporal": [with_check("unknown")]}, 1) == "unknown"
    assert overall((), {"temporal": [with_check("invalid")], "sync": [with_check("unknown")]}, 1) == "fail"
