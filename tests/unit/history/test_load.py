"""Reading a record back: what was written is found, and what is missing, foreign or no record is told."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.history import load as record
from harness.history import run_records
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.evidence import Evidence
from systems.desk import records
from systems.desk.live.journal import Journal
from systems.desk.model import BUSY
from tests.support import histories
from tests.unit.history.written import PROC, WORKER, load


def test_a_whole_record_is_read_back(folder: Path) -> None:
    found = load(folder)
    assert (found.label, found.repetition, found.problems) == ("one", 1, [])
    done, held = found.attempts
    (busy,) = found.busy_polls
    assert (done.id, done.proc, done.instance, done.result, done.error) == (
        "a.1",
        PROC,
        (1, "send_auto_response", 1),
        "done",
        None,
    )
    assert done.ended is not None
    assert 0 < done.started < done.ended
    assert (held.id, held.ended, held.result) == ("a.3", None, None)
    assert (busy.id, busy.result) == ("a.2", BUSY)
    answered, dropped = found.requests
    assert answered.closed is not None
    assert (answered.id, answered.proc, answered.state) == ("r.1", PROC, "open")
    assert (dropped.id, dropped.closed) == ("r.2", None)
    process = found.processes[PROC]
    assert process.ready is not None
    assert process.exited is not None
    assert process.last_record is not None
    assert (process.role, process.index, process.exited.signal, process.torn) == ("worker", 1, "SIGKILL", False)
    assert process.spawned < process.ready < process.signals[0].t < process.last_record < process.exited.t
    assert [row.writer for row in found.audit] == ["r.1", "a.1"]
    assert [(one.ticket, one.applied) for one in found.ledger] == [(1, True)]
    assert [(span.ticket, span.proc, span.end - span.start) for span in found.residencies] == [(1, PROC, 9)]


def test_every_kind_of_record_finds_its_place(folder: Path) -> None:
    found = load(folder)
    assert [one.name for one in found.phases] == ["load", "end"]
    assert [(one.ticket, one.planned) for one in found.submitted] == [(1, 5)]
    assert [(one.outcome, one.state) for one in found.answered] == [("ok", "resolved")]
    assert list(found.gave_up) == [1]
    assert (found.faults_begun["1.1"].procs, found.faults_ended["1.1"].healed) == ((PROC,), True)
    assert [one.in_flight for one in found.samples] == [1]
    assert found.at_end is not None
    in_worker = (*found.points, *found.released, *found.strikes, *found.hangs_over, *found.conflicts)
    assert [(proc, type(one).__name__) for proc, one in in_worker] == [
        (PROC, name) for name in ("PointReached", "PointReleased", "Struck", "HangOver", "Conflict")
    ]
    assert [one.message for one in found.lock_errors] == ["locked"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("worker-9-1-1.jsonl", "worker-9-1-1.jsonl: a journal of a process that was never started"),
        ("junk.jsonl", "junk.jsonl: a journal of a process that was never started"),
    ],
)
def test_a_file_of_nobody_that_was_started_is_no_evidence(folder: Path, name: str, problem: str) -> None:
    shutil.copy(folder / "journal" / WORKER, folder / "journal" / name)
    found = load(folder)
    assert any(one.startswith(problem) for one in found.problems), found.problems
    assert [one.id for one in found.attempts] == ["a.1", "a.3"]


@pytest.mark.parametrize("role", ["harness", "supervisor"])
def test_of_two_journals_of_which_there_can_be_one_neither_is_believed_in_silence(folder: Path, role: str) -> None:
    (original,) = (folder / "journal").glob(f"{role}-*.jsonl")
    shutil.copy(original, folder / "journal" / f"{role}-0-1-1.jsonl")
    assert any(f"expected one journal of the {role}, found" in one for one in load(folder).problems)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_among_the_journals_is_told_and_not_read(folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / "journal" / "worker-9-1-1.jsonl")
    assert load(folder).problems == ["worker-9-1-1.jsonl: expected a journal, found no file"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ledger.jsonl", "one/1/ledger.jsonl: No such file or directory"),
        ("histories/residency.jsonl", "one/1/residency.jsonl: No such file or directory"),
        ("store.sqlite", "one/1/store.sqlite: unable to open database file"),
    ],
)
def test_a_missing_file_is_told(folder: Path, name: str, problem: str) -> None:
    (folder / name).unlink()
    found = load(folder)
    assert found.problems == [problem]
    assert len(found.attempts) == 2


def test_a_line_that_is_no_effect_is_told_with_its_place(folder: Path) -> None:
    path = folder / "ledger.jsonl"
    path.write_bytes(path.read_bytes() + b'{"seq":1,"t"')
    found = load(folder)
    assert len(found.ledger) == 1
    assert [one.partition(": ")[0] for one in found.problems] == ["one/1/ledger.jsonl:2"]


def test_a_journal_that_is_a_link_to_nothing_is_noted(folder: Path) -> None:
    (folder / "journal" / "worker-9-9-9.jsonl").symlink_to("nothing")
    assert "worker-9-9-9.jsonl: expected a journal, found no file" in load(folder).problems


def test_an_empty_folder_is_a_history_of_nothing_but_problems(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert (found.attempts, found.processes, found.audit) == ([], {}, [])
    assert found.problems[-1] == "no journal was found"
    assert len(found.problems) == 4


def test_a_worker_without_a_journal_is_silent(folder: Path, tmp_path: Path) -> None:
    (folder / "journal" / WORKER).unlink()
    found = load(folder)
    assert found.processes[PROC].last_record is None
    found.ledger, found.audit, found.totals = [], [], run_records.Totals(0, 0, 0, 0, 0, 0)
    assert journal_intact(Evidence(histories.plan(tmp_path), found)).detail == f"worker 1 ({PROC}) left no journal"


def life(folder: Path, pid: int, *phases: str, supervisor_bytes: int) -> None:
    """Write what the harness of one life of a folder leaves behind."""
    harness = Journal(folder / "journal" / f"harness-0-{pid}-1.jsonl")
    for name in phases:
        harness.write(run_records.Phase, name=name)
    harness.write(run_records.LiveAtEnd, live=(pid,), known=(), failed=())
    harness.write(run_records.Totals, ledger=pid, audit=0, residencies=0, histories=0)
    harness.write(run_records.SupervisorLeft, journal_bytes=supervisor_bytes)


def test_a_folder_that_was_gone_on_with_reads_as_one_run(tmp_path: Path) -> None:
    for name in ("journal", "histories"):
        (tmp_path / name).mkdir()
    (tmp_path / record.LIVES).write_text("20-1\n8-1\n")
    for pid in (19, 7):  # the later one has the lower name
        supervisor = Journal(tmp_path / "journal" / f"supervisor-0-{pid}-1.jsonl")
        supervisor.write(records.Opened, wall=1, proc=f"{pid}-1", role="supervisor", index=0, label="one")
    sizes = sum(path.stat().st_size for path in (tmp_path / "journal").glob("supervisor-*"))
    life(tmp_path, 20, "start", "canary", "load", "settle", "quiet", "export", "end", supervisor_bytes=1)
    life(tmp_path, 8, "start", "load", "settle", "quiet", "export", "end", supervisor_bytes=sizes)
    history = record.load(tmp_path, "one", 1)
    names = [phase.name for phase in history.phases]
    assert names == ["start", "canary", "load", "settle", "quiet", "export", "end"]
    assert history.at_end is not None
    assert history.totals is not None
    assert history.supervisor_left is not None
    assert (history.at_end.live, history.totals.ledger) == ((8,), 8)
    assert history.supervisor_left.journal_bytes == history.supervisor_bytes == sizes
