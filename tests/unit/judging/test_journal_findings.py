"""What is found of journals, in whole: the verdict with its words, on records that lack, or contradict, one thing."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.history.model import History, Process
from harness.history.run_records import Exited, OperatorWrote, Phase, SupervisorLeft, Totals
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk.records import LockError
from tests.support import histories
from tests.support.histories import A, amended, ns, sound, whole


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


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
    return msgspec.structs.replace(worker, **changes)


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
