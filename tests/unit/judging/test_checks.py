"""Every check is shown to fail: a history broken in just one way is caught by just that check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.history.load import BEGINNING
from harness.history.model import History, Request
from harness.history.run_records import Exited, FaultEnded, LiveAtEnd, Phase
from harness.judging.checks import CHECKS
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk.model import TERMINAL
from systems.desk.records import LockError
from tests.support import histories
from tests.support.histories import KILL, MS, SPARE, A, B, amended, judged, not_valid, ns

TIMED = "faults:\n  - {kind: worker_kill, when: {after: 110ms}}\n"
LATER = 2000 * MS
Breaker = Callable[[Plan, History], None]


def detail(made: Plan, history: History, check: str) -> str:
    return next(one.detail for one in judged(made, history).checks if one.name == check)


# -- each check is caught failing, alone


def canary_ends_otherwise(_: Plan, history: History) -> None:
    history.audit = [
        amended(row, value="backlog") if (row.row, row.value) == ("-2", "resolved") else row for row in history.audit
    ]
    history.answered = [amended(one, state="backlog") if one.ticket == -2 else one for one in history.answered]


def canary_skips_a_step(_: Plan, history: History) -> None:
    (skipped,) = histories.tries(history, -1, "validate_resolution")
    history.audit = [row for row in history.audit if row.writer != skipped.id]


def canary_sends_twice(_: Plan, history: History) -> None:
    (notify,) = histories.tries(history, -1, "notify_customer")
    again = amended(notify, id="again", started=ns(-4805), ended=ns(-4795))
    history.attempts.append(again)
    histories.send(history, again, "solution", -4800)


def canary_never_ends(_: Plan, history: History) -> None:
    histories.cut(history, -1, -4880)


def canary_is_not_answered_ok(_: Plan, history: History) -> None:
    history.phases.insert(0, Phase(99, 0, "canary_failed", "not answered ok: info TimeoutError"))


def one_is_never_sent(_: Plan, history: History) -> None:
    histories.cut(history, 4, 0)
    history.submitted = [one for one in history.submitted if one.ticket != 4]


def one_is_sent_late(_: Plan, history: History) -> None:
    history.submitted = [
        amended(one, planned=one.planned - 1000 * MS) if one.ticket == 4 else one for one in history.submitted
    ]


def fault_misses(_: Plan, history: History) -> None:
    ended = FaultEnded(0, ns(150), "1.1", healed=True, injected=False, note="the run went quiet")
    history.faults_ended["1.1"] = ended


def fault_hits_nobody(_: Plan, history: History) -> None:
    history.requests.append(Request("late", A, -1, ns(105)))
    again = amended(histories.tries(history, -1, "close_ticket")[0], id="late", started=ns(106), ended=None)
    history.attempts.append(again)
    histories.crash(history, A, 110, "1.1")
    history.faults_ended["1.1"] = FaultEnded(0, ns(120), "1.1", healed=True, injected=True)
    histories.spawn(history, SPARE, 1, 119)


def fault_stays(made: Plan, history: History) -> None:
    survive(made, history)
    history.faults_ended["1.1"] = amended(history.faults_ended["1.1"], healed=False)


def survive(made: Plan, history: History) -> None:
    histories.kill(history)
    histories.carry_on(made, history, 1, "search_knowledge_base", 45)
    histories.carry_on(made, history, 3, "assign_agent", 55)


def time_is_up(_: Plan, history: History) -> None:
    histories.cut(history, 4, 60)
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), ())
    history.phases = [amended(one, name="deadline") if one.name == "quiet" else one for one in history.phases]


def breaks_off(_: Plan, history: History) -> None:
    history.phases = [*(one for one in history.phases if one.t < ns(150)), Phase(0, ns(150), "interrupted")]


def worker_is_silent(_: Plan, history: History) -> None:
    histories.spawn(history, SPARE, 3, -9000)
    history.processes[SPARE].last_record = None


def record_is_missing(_: Plan, history: History) -> None:
    history.problems.append("worker-1-11-1.jsonl: expected record 4, found 5")


def line_is_torn_though_nobody_died(_: Plan, history: History) -> None:
    history.processes[A].torn = True


def line_is_torn_by_an_exit(_: Plan, history: History) -> None:
    history.processes[A].torn = True
    history.processes[A].exited = Exited(0, ns(300), A, 0, None, 1.0, 1)


def database_gives_up(_: Plan, history: History) -> None:
    history.lock_errors.append(LockError(0, ns(50), "x", "database is locked"))


def dead_one_writes(_: Plan, history: History) -> None:
    history.processes[B].exited = Exited(0, ns(150), B, 0, None, 1.0, 1, journal_bytes=900)
    history.processes[B].journal_bytes = 901


def effect_without_attempt(_: Plan, history: History) -> None:
    history.ledger[-1] = amended(history.ledger[-1], attempt="nobody")


def write_without_attempt(_: Plan, history: History) -> None:
    history.audit[-1] = amended(history.audit[-1], writer="nobody")


def refused_one_runs(_: Plan, history: History) -> None:
    history.answered = [one for one in history.answered if one.ticket != 4]
    histories.answer(history, 4, 90, "fail")


def machine_is_the_bottleneck(made: Plan, history: History) -> None:
    """The host is nearly all busy for 1.5 s of a load that is 2 s long."""
    tickets = [amended(one, arrival_s=2.0) if one.number == 4 else one for one in made.tickets]
    msgspec.structs.force_setattr(made, "tickets", tuple(tickets))
    last = max(history.submitted, key=lambda one: one.t)
    history.submitted[history.submitted.index(last)] = amended(last, t=ns(2001), planned=ns(2000))
    for attempt in history.attempts:
        if attempt.ticket == 4:
            attempt.started, attempt.ended = attempt.started + LATER, (attempt.ended or 0) + LATER
    for request in history.requests:
        if request.ticket == 4:
            request.opened, request.closed = request.opened + LATER, (request.closed or 0) + LATER
    history.ledger = [amended(one, t=one.t + LATER) if one.ticket == 4 else one for one in history.ledger]
    history.audit = [amended(row, at=row.at + LATER) if row.row == "4" else row for row in history.audit]
    history.answered = [amended(one, t=one.t + LATER) if one.ticket == 4 else one for one in history.answered]
    history.phases = [one if one.name in BEGINNING else amended(one, t=one.t + LATER) for one in history.phases]
    for at, busy in ((100, 0.0), (1600, 2.9)):
        history.samples.append(amended(histories.sample(at, 1.5, 1), host_busy_s=busy, host_total_s=2 * at / 1000))


BREAKS: dict[str, tuple[str, Breaker, str, str]] = {
    "a canary ends otherwise": ("", canary_ends_otherwise, "canary", "invalid"),
    "a canary skips a step": ("", canary_skips_a_step, "canary", "invalid"),
    "a canary sends twice": ("", canary_sends_twice, "canary", "invalid"),
    "a canary is not answered ok": ("", canary_is_not_answered_ok, "canary", "unknown"),
    "a canary never ends": ("", canary_never_ends, "canary", "unknown"),
    "a ticket is never sent": ("", one_is_never_sent, "plan_followed", "unknown"),
    "a ticket is sent late": ("", one_is_sent_late, "plan_followed", "unknown"),
    "a fault misses": (KILL, fault_misses, "faults_landed", "unknown"),
    "a fault hits nobody": (TIMED, fault_hits_nobody, "exposure", "unknown"),
    "a fault is not undone": (KILL, fault_stays, "healed", "unknown"),
    "time is up": ("", time_is_up, "quiescence", "unknown"),
    "the run breaks off": ("", breaks_off, "quiescence", "unknown"),
    "a worker is silent": ("", worker_is_silent, "journal_intact", "unknown"),
    "a record is missing": ("", record_is_missing, "journal_intact", "unknown"),
    "a line is torn though nobody died": ("", line_is_torn_though_nobody_died, "journal_intact", "unknown"),
    "a line is torn by one that left by itself": ("", line_is_torn_by_an_exit, "journal_intact", "unknown"),
    "the database gives up": ("", database_gives_up, "journal_intact", "unknown"),
    "a dead process writes": ("", dead_one_writes, "journal_intact", "invalid"),
    "an effect has no attempt": ("", effect_without_attempt, "journal_intact", "invalid"),
    "a write has no attempt": ("", write_without_attempt, "journal_intact", "invalid"),
    "a refused ticket runs": ("", refused_one_runs, "conservation", "invalid"),
    "the machine is the bottleneck": ("", machine_is_the_bottleneck, "headroom", "overloaded"),
}


@pytest.mark.parametrize(("rest", "breaker", "check", "verdict"), BREAKS.values(), ids=BREAKS)
def test_what_is_broken_is_caught_by_just_its_check(
    tmp_path: Path, rest: str, breaker: Breaker, check: str, verdict: str
) -> None:
    made = histories.plan(tmp_path, rest)
    history = histories.healthy(made)
    breaker(made, history)
    assert not_valid(made, history) == {check: verdict}


def test_every_check_is_caught_failing() -> None:
    assert {check for _, _, check, _ in BREAKS.values()} == set(CHECKS)


@pytest.mark.parametrize("rest", ["", KILL])
def test_all_checks_are_valid_on_a_sound_run(tmp_path: Path, rest: str) -> None:
    made = histories.plan(tmp_path, rest)
    assert not_valid(made, histories.survived(made) if rest else histories.healthy(made)) == {}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_crashes_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def crash(_: Evidence) -> Any:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setitem(CHECKS, name, crash)
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    assert not_valid(made, history) == {name: "unknown"}
    assert detail(made, history, name) == "the check itself broke: ZeroDivisionError: by nothing"


# -- what the checks must let pass


def test_a_torn_line_of_one_that_a_signal_ended_is_what_a_crash_leaves(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    history = histories.survived(made)
    history.processes[A].torn = True
    assert not_valid(made, history) == {}


def test_a_worker_that_never_was_ready_may_have_no_journal(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    worker_is_silent(made, history)
    history.processes[SPARE].ready = None
    assert not_valid(made, history) == {}


def test_time_that_was_up_says_nothing_new_where_a_fault_left_no_worker(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL.replace("}}", "}, restart_after: never}"))
    history = histories.healthy(made)
    histories.kill(history)
    time_is_up(made, history)
    assert not_valid(made, history) == {"quiescence": "unknown"}
    del history.processes[SPARE]
    histories.crash(history, B, 120)
    gone = history.processes[B]
    assert gone.exited is not None
    gone.exited, in_time = amended(gone.exited, t=ns(histories.QUIET_MS + 1)), gone.exited
    assert not_valid(made, history) == {"quiescence": "unknown"}
    gone.exited = in_time
    assert not_valid(made, history) == {}


def test_time_that_was_up_says_nothing_new_where_every_attempt_since_the_last_undo_failed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    history = histories.survived(made)
    time_is_up(made, history)
    history.attempts = [one for one in history.attempts if one.started <= ns(35) or one.ticket == 4]
    first, second = [one for one in history.attempts if one.started > ns(35) and one.ended is not None]
    kept = {one.id for one in history.attempts}
    history.ledger = [one for one in history.ledger if one.attempt in kept]
    history.audit = [row for row in history.audit if row.writer in kept | {r.id for r in history.requests} | {""}]
    ended = {row.row for row in history.audit if row.value in TERMINAL}
    history.answered = [one for one in history.answered if str(one.ticket) in ended]
    first.result, first.error = None, "transient"
    assert not_valid(made, history) == {"quiescence": "unknown"}
    second.result, second.error = None, "transient"
    assert not_valid(made, history) == {}


def test_time_that_was_up_with_workers_gone_needs_a_fault_that_landed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    time_is_up(made, history)
    for proc in (A, B):
        histories.crash(history, proc, 150)
    assert not_valid(made, history) == {"quiescence": "unknown"}


def test_a_resubmission_is_not_late(tmp_path: Path) -> None:
    resubmitted = histories.SCENARIO.replace("[sync]", "{sync: {system: sync, resubmit: {attempts: 1, on: [info]}}}")
    made = histories.planned(tmp_path, resubmitted)
    history = histories.healthy(made)
    history.answered = [one for one in history.answered if one.ticket != 4]
    histories.answer(history, 4, 75, "info")
    histories.submit(history, 4, n=2, at=5000)
    history.answered.append(amended(history.answered[-1], t=ns(5010), n=2, outcome="ok"))
    assert not_valid(made, history) == {}


def test_who_was_told_to_wait_a_service_and_the_desk_itself_may_write(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    history.busy_polls.append(amended(history.attempts[-1], id="asked"))
    for writer in ("asked", f"{A}.open", ""):
        histories.write(history, "agents", "R-001", writer, 110, "")
    assert not_valid(made, history) == {}


def test_many_findings_are_told_in_part(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    history.ledger = [amended(one, attempt="nobody") for one in history.ledger]
    told = detail(made, history, "journal_intact")
    assert told.startswith("effect 0 of ticket -1 has no attempt in any journal, ")
    assert told.endswith(f" and {len(history.ledger) - 5} more")
