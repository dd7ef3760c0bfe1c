"""What each check finds, in whole: the verdict with its words, on a history that is broken in one small way."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from harness.faults.spec import Attestation
from harness.history.model import History, Process, Request
from harness.history.run_records import Exited, FaultEnded, LiveAtEnd, OperatorWrote, Phase, SupervisorLeft, Totals
from harness.judging.checks.canary import canary
from harness.judging.checks.check import CheckFinding, listed
from harness.judging.checks.conservation import conservation
from harness.judging.checks.faults_landed import faults_landed
from harness.judging.checks.healed import healed
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.checks.plan_followed import plan_followed
from harness.judging.checks.quiescence import quiescence
from harness.judging.evidence import Evidence
from harness.judging.repetition import evidence_of
from harness.planning.plan import Plan
from systems.desk.records import LockError
from systems.desk.rows import TableRow
from tests.support import histories
from tests.support.histories import KILL, A, B, amended, ns, whole

AUDITED = "version 6 'resolved' by the audit"
THRICE = "faults:\n  - {kind: worker_kill, when: {after: 1s, every: 1s, times: 3}}\n"


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


def sound(made: Plan) -> tuple[Evidence, History]:
    """Return a history that nothing is wrong with, whole, to be broken before the evidence is looked at."""
    history = whole(histories.healthy(made))
    return evidence_of(made, history, "sync"), history


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


def test_what_is_done_and_still_open_is_not_quiet(made: Plan) -> None:
    evidence, history = sound(made)
    history.at_end = LiveAtEnd(0, ns(200), (), (3, 4), (), (3, 4))
    many = "2 tickets were done in the store while their orchestration was still open: T-0003, T-0004"
    assert quiescence(evidence) == CheckFinding("unknown", many)


@pytest.mark.parametrize("live", [(), (3,)])
def test_a_deadline_says_how_many_were_live(made: Plan, live: tuple[int, ...]) -> None:
    evidence, history = sound(made)
    at_the_deadline(history)
    history.at_end = LiveAtEnd(0, ns(200), live, live, ()) if live else None
    words = f"time was up while {len(live)} tickets were live: what is called lost may only be late"
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


def test_only_attempts_after_the_last_undo_that_ended_show_that_more_time_shows_no_more(made: Plan) -> None:
    evidence, history = sound(made)
    at_the_deadline(history)
    history.faults_ended["1.1"] = FaultEnded(0, ns(20), "1.1", healed=True, injected=True)
    history.faults_ended["1.2"] = FaultEnded(0, ns(85), "1.2", healed=True, injected=True)
    late = [attempt for attempt in history.attempts if attempt.started > ns(85)]
    edge = amended(late[0], id="edge", started=ns(85), result="resolved")
    still_open = amended(late[0], id="open", ended=None, result=None)
    history.attempts += [edge, still_open]
    for attempt in late:
        attempt.result, attempt.error = None, "transient"
    failed = CheckFinding("valid", "every attempt since the last fault was undone failed")
    assert late
    assert quiescence(evidence) == failed
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


# -- journal_intact


def test_a_sound_record_is_told_with_its_size(made: Plan) -> None:
    evidence, _ = sound(made)
    assert journal_intact(evidence) == CheckFinding("valid", "2 processes, 41 attempts, no gap")


@pytest.mark.parametrize(
    ("size", "noted", "words"),
    [
        (901, 900, "the supervisor wrote after it had left"),
        (1, None, "the supervisor wrote after it had left"),
        (900, 901, "the supervisor's journal had 901 bytes when it left, and has 900"),
        (None, 1, "the supervisor's journal had 1 bytes when it left, and has 0"),
        (900, 900, ""),
        (None, None, ""),
    ],
)
def test_the_supervisors_journal_is_as_long_as_when_it_left(
    made: Plan, size: int | None, noted: int | None, words: str
) -> None:
    evidence, history = sound(made)
    history.supervisor_bytes = size
    history.supervisor_left = SupervisorLeft(0, ns(300), noted)
    finding = journal_intact(evidence)
    assert finding.verdict == ("valid" if not words else "invalid" if "wrote" in words else "unknown")
    assert finding.detail == (words or "2 processes, 41 attempts, no gap")


def test_totals_that_are_missing_are_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.totals = None
    assert journal_intact(evidence) == CheckFinding("unknown", "nothing tells how much there was at the export")


def test_a_supervisor_of_whose_end_nothing_tells_is_missed(made: Plan) -> None:
    evidence, history = sound(made)
    history.supervisor_bytes, history.supervisor_left = 9, None
    assert journal_intact(evidence) == CheckFinding("unknown", "nothing tells of the supervisor's end")


def test_one_lock_error_stands_for_all(made: Plan) -> None:
    evidence, history = sound(made)
    history.lock_errors += [LockError(0, ns(50), "x", "busy"), LockError(0, ns(60), "x", "locked")]
    assert journal_intact(evidence) == CheckFinding("unknown", "the database gave up on a lock: busy")


def test_acts_without_an_attempt_are_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.ledger[-1] = amended(history.ledger[-1], attempt="ghost", ticket=4)
    history.ledger[0] = amended(history.ledger[0], attempt=f"{A}.open", ticket=-1)
    history.audit[-1] = amended(history.audit[-1], writer="ghost")
    words = [
        "effect 0 of ticket -1 has no attempt in any journal",
        f"effect {len(history.ledger) - 1} of ticket 4 has no attempt in any journal",
        f"write {len(history.audit)} on tickets 3 has no attempt in any journal",
    ]
    assert journal_intact(evidence) == CheckFinding("invalid", ", ".join(words))


def test_an_operator_may_write(made: Plan) -> None:
    evidence, history = sound(made)
    history.operator_wrote.append(OperatorWrote(0, ns(50), "1.1", 4, "operator-1", "token", "written"))
    history.audit[-1] = amended(history.audit[-1], writer="operator-1")
    assert journal_intact(evidence).verdict == "valid"


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("ledger", 3, "sync/1: ledger.jsonl has a gap, expected number 3, found 4"),
        ("audit", 3, "sync/1: the audit has a gap, expected number 4, found 5"),
    ],
)
def test_a_gap_is_told_with_its_number(made: Plan, name: str, number: int, words: str) -> None:
    evidence, history = sound(made)
    del getattr(history, name)[number]
    assert words in journal_intact(evidence).detail


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ({"ledger": 999}, "sync/1: expected 999 lines of ledger.jsonl, found {ledger}"),
        ({"audit": 999}, "sync/1: expected 999 audit rows, found {audit}"),
        ({"residencies": 3}, "sync/1: expected 3 lines of residency.jsonl, found 0"),
        ({"histories": 2}, "sync/1: expected 2 exported histories, found 0"),
        ({"ledger": 0, "audit": 0}, ""),
    ],
)
def test_what_the_export_counted_is_there(made: Plan, totals: dict[str, int], words: str) -> None:
    evidence, history = sound(made)
    history.totals = amended(history.totals, **totals)
    sizes = {"ledger": len(history.ledger), "audit": len(history.audit)}
    finding = journal_intact(evidence)
    assert (finding.verdict, finding.detail) == (
        ("unknown", words.format(**sizes)) if words else ("valid", "2 processes, 41 attempts, no gap")
    )


def test_a_repetition_without_any_audit_has_lost_all_that_was_counted(made: Plan) -> None:
    history = whole(History("sync", 1))
    history.phases = [Phase(0, 1, "end")]
    history.totals = Totals(0, 1, 0, 1, 0, 0)
    assert journal_intact(Evidence(made, history)) == CheckFinding("unknown", "sync/1: expected 1 audit rows, found 0")


@pytest.mark.parametrize(
    ("phases", "verdict", "words"),
    [
        ([], "unknown", "expected the end of the repetition as the harness's last phase, found none"),
        (["settle"], "unknown", "expected the end of the repetition as the harness's last phase, found settle"),
        (["end"], "valid", "0 processes, 0 attempts, no gap"),
        (["interrupted"], "valid", "0 processes, 0 attempts, no gap"),
        (["failed"], "valid", "0 processes, 0 attempts, no gap"),
        (["quiet", "end"], "unknown", "nothing tells who was live at the end"),
        (["quiet", "interrupted"], "valid", "0 processes, 0 attempts, no gap"),
    ],
)
def test_a_repetition_has_its_end(made: Plan, phases: list[str], verdict: str, words: str) -> None:
    history = whole(History("sync", 1))
    history.phases = [Phase(0, number, name) for number, name in enumerate(phases, start=1)]
    assert journal_intact(Evidence(made, history)) == CheckFinding(verdict, words)  # type: ignore[arg-type]


def test_messages_and_submissions_that_left_no_record_are_named(made: Plan) -> None:
    evidence, history = sound(made)
    names = sorted(histories.tries(history, number, "notify_customer")[0].id for number in (1, 2, 4))
    history.ledger = [entry for entry in history.ledger if entry.attempt not in names]
    history.ledger = [amended(entry, seq=seq) for seq, entry in enumerate(history.ledger)]
    history.totals = amended(history.totals, ledger=len(history.ledger))
    history.answered = [answer for answer in history.answered if answer.ticket not in {2, 4}]
    words = [f"message {name} has no line in the ledger" for name in names]
    words += ["submission T-0002 #1 has no answer", "submission T-0004 #1 has no answer"]
    assert journal_intact(evidence) == CheckFinding("unknown", ", ".join(words))


def test_a_message_that_broke_needs_no_line_in_the_ledger(made: Plan) -> None:
    evidence, history = sound(made)
    (notify,) = histories.tries(history, 4, "notify_customer")
    notify.result, notify.error = None, "transient"
    history.ledger = [entry for entry in history.ledger if entry.attempt != notify.id]
    history.ledger = [amended(entry, seq=seq) for seq, entry in enumerate(history.ledger)]
    history.totals = amended(history.totals, ledger=len(history.ledger))
    assert journal_intact(evidence).verdict == "valid"


def process(**changes: Any) -> Process:
    """Return a worker that was reaped, and left a journal."""
    worker = Process("p", "worker", 3, 1, ready=2, last_record=5, exited=Exited(0, 9, "p", 0, None, 1.0, 1))
    return dataclasses.replace(worker, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"last_record": None}, ["worker 3 (p) left no journal"]),
        ({"last_record": None, "ready": None}, []),
        ({"last_record": None, "role": "engine"}, []),
        ({"exited": None}, ["nothing tells of the end of worker 3 (p)"]),
        ({"exited": None, "ready": None}, []),
        ({"exited": None, "role": "engine"}, ["nothing tells of the end of engine 3 (p)"]),
        (
            {"exited": Exited(0, 9, "p", 0, None, 1.0, 1, journal_bytes=7)},
            ["the journal of worker 3 (p) had 7 bytes when it was reaped, and has 0"],
        ),
        (
            {"exited": Exited(0, 9, "p", 0, None, 1.0, 1, journal_bytes=7), "journal_bytes": 5},
            ["the journal of worker 3 (p) had 7 bytes when it was reaped, and has 5"],
        ),
        ({"torn": True}, ["worker 3 (p): its last line is cut"]),
        ({"torn": True, "exited": Exited(0, 9, "p", None, "SIGKILL", 1.0, 1)}, []),
        (
            {"torn": True, "exited": None},
            ["nothing tells of the end of worker 3 (p)", "worker 3 (p): its last line is cut"],
        ),
    ],
)
def test_of_every_worker_journal_and_end_are_known(made: Plan, changes: dict[str, Any], words: list[str]) -> None:
    history = whole(History("sync", 1))
    history.phases = [Phase(0, 1, "end")]
    history.processes["p"] = process(**changes)
    finding = journal_intact(Evidence(made, history))
    assert (finding.verdict, finding.detail) == (
        ("unknown", ", ".join(words)) if words else ("valid", "1 processes, 0 attempts, no gap")
    )


# -- conservation


def test_clients_and_records_that_agree_are_told_with_their_number(made: Plan) -> None:
    evidence, _ = sound(made)
    words = "clients, store, receiver and journals agree on 4 submitted tickets"
    assert conservation(evidence) == CheckFinding("valid", words)


def test_every_trace_of_a_ticket_that_nobody_sent_is_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.submitted = [submission for submission in history.submitted if submission.ticket != 1]
    history.audit, history.tables, history.ledger, history.answered = [], [], [], []
    history.attempts = [attempt for attempt in history.attempts if attempt.ticket in {-1, 1, 2}]
    history.attempts.append(amended(history.attempts[-1], id="eight", ticket=8))
    history.requests = [Request("r", A, 1, ns(2)), Request("s", A, -1, ns(2))]
    words = [
        "T-0001 was never submitted and has an attempt",
        "T-0008 was never submitted and has an attempt",
        "T-0001 was never submitted and has a request",
    ]
    assert conservation(evidence) == CheckFinding("invalid", ", ".join(words))


def test_a_refused_ticket_that_ran_is_named_and_no_other(made: Plan) -> None:
    evidence, history = sound(made)
    history.attempts = [attempt for attempt in history.attempts if attempt.ticket != 3]
    history.attempts.append(amended(history.attempts[-1], id="eight", ticket=8))
    histories.submit(history, 8, at=40)
    history.answered = [answer for answer in history.answered if answer.ticket not in {1, 3, 8}]
    for ticket in (1, 3, 8):
        histories.answer(history, ticket, 90, "fail")
    words = "definitely refused, and yet steps of theirs ran: T-0001, T-0008"
    assert conservation(evidence) == CheckFinding("invalid", words)


def test_an_answer_that_is_not_the_stores_end_is_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.answered = [amended(answer, state="backlog") for answer in history.answered if answer.ticket > 0]
    words = [f"T-000{number} was answered backlog, and the store has resolved" for number in (1, 2, 3, 4)]
    assert conservation(evidence) == CheckFinding("invalid", ", ".join(words))


def test_an_answer_of_an_end_that_the_store_does_not_have_is_named(made: Plan) -> None:
    evidence, history = sound(made)
    history.audit = [row for row in history.audit if (row.row, row.value) != ("4", "resolved")]
    history.tables = None
    history.totals = None
    words = "T-0004 was answered resolved, and the store has no end of it"
    assert conservation(evidence) == CheckFinding("invalid", words)


@pytest.mark.parametrize(
    "answer", [{"outcome": "info", "state": "backlog"}, {"outcome": "ok", "state": "paused"}, {"outcome": "ok"}]
)
def test_only_an_end_that_was_promised_binds(made: Plan, answer: dict[str, str]) -> None:
    evidence, history = sound(made)
    history.answered = [answered for answered in history.answered if answered.ticket != 4]
    histories.answer(history, 4, 120, **answer)
    assert conservation(evidence).verdict == "valid"


def test_a_ticket_that_two_requests_walked_may_be_answered_by_either(made: Plan) -> None:
    evidence, history = sound(made)
    history.answered = [
        amended(answer, state="backlog") if answer.ticket == 4 else answer for answer in history.answered
    ]
    assert conservation(evidence).verdict == "invalid"
    history.requests.append(Request("second", B, 4, ns(50)))
    assert conservation(evidence).verdict == "valid"


def test_a_store_that_cannot_be_read_is_unknown_only_where_it_was_exported(made: Plan) -> None:
    evidence, history = sound(made)
    history.tables = None
    assert conservation(evidence) == CheckFinding("unknown", "the store's tables cannot be read")
    history.totals = None
    assert conservation(evidence).verdict == "valid"


@pytest.mark.parametrize(
    ("row", "verdict", "words"),
    [
        (TableRow("tickets", "77", 1, "open"), "unknown", "version 1 'open' in the store, nothing by the audit"),
        (TableRow("agents", "R-077", 1, ""), "valid", ""),
        (TableRow("agents", "R-077", 2, ""), "unknown", "version 2 '' in the store, nothing by the audit"),
        (TableRow("agents", "R-077", 1, "4"), "unknown", "version 1 '4' in the store, nothing by the audit"),
        (TableRow("tickets", "4", 6, "open"), "invalid", f"version 6 'open' in the store, {AUDITED}"),
        (TableRow("tickets", "4", 5, "open"), "invalid", f"version 5 'open' in the store, {AUDITED}"),
        (TableRow("tickets", "4", 7, "resolved"), "unknown", f"version 7 'resolved' in the store, {AUDITED}"),
        (None, "invalid", f"nothing in the store, {AUDITED}"),
    ],
)
def test_the_store_stands_as_its_audit_left_it(made: Plan, row: TableRow | None, verdict: str, words: str) -> None:
    evidence, history = sound(made)
    is_replaced = row is None or row.row == "4"
    kept = [stored for stored in history.tables or [] if not (is_replaced and stored.row == "4")]
    history.tables = [*kept, *([row] if row else [])]
    finding = conservation(evidence)
    assert finding.verdict == verdict
    assert finding.detail.partition(": ")[2] == words


@pytest.mark.parametrize(("rows", "verdict"), [(2, "valid"), (3, "unknown")])
def test_a_ticket_may_have_as_many_rows_as_were_inserted(made: Plan, rows: int, verdict: str) -> None:
    evidence, history = sound(made)
    first = next(row for row in history.audit if (row.table, row.row) == ("tickets", "4"))
    history.audit.append(amended(first, id=len(history.audit) + 1, writer=f"{B}/r4"))
    history.tables = [*(history.tables or []), *[TableRow("tickets", "4", 3, "open")] * (rows - 1)]
    assert conservation(evidence).verdict == verdict


def test_every_row_that_differs_is_named_in_order(made: Plan) -> None:
    evidence, history = sound(made)
    history.tables = [
        amended(row, value="x") if row.row in {"1", "2", "3", "R-001"} else row for row in history.tables or []
    ]
    assert [words.partition(":")[0] for words in conservation(evidence).detail.split(", ") if ":" in words] == [
        "agents R-001",
        "tickets 1",
        "tickets 2",
        "tickets 3",
    ]
