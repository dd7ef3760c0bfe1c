"""Reading a record back: what was written is found, and what a crash leaves behind is told, never raised."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypedDict

import msgspec
import pytest

from harness.errors import RunFolderInvalid
from harness.history import journals, run_records
from harness.history import load as record
from harness.history.model import Attempt, History
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk import records
from systems.desk.live.journal import Journal, journal_bytes
from systems.desk.live.store import Store, create
from systems.desk.model import BUSY, Priority, Ticket
from systems.desk.rows import LedgerEntry, TimelineEntry
from systems.system import Residency
from tests.support import histories
from tests.support.histories import amended

PROC = "11-1"
WORKER = f"worker-1-{PROC}.jsonl"
SUPERVISOR = "supervisor-0-10-1.jsonl"


class At(TypedDict):
    attempt: str
    ticket: int
    step: str
    visit: int


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a whole repetition as its processes do: one ticket's first step."""
    for name in ("journal", "histories"):
        (tmp_path / name).mkdir()
    supervisor = Journal(tmp_path / "journal" / SUPERVISOR)
    supervisor.write(records.Opened, wall=1, proc="10-1", role="supervisor", index=0, label="one")
    supervisor.write(run_records.Spawned, proc=PROC, role="worker", index=1)

    client = Journal(tmp_path / "journal" / "harness-0-9-1.jsonl")
    client.write(run_records.Phase, name="load")
    client.write(run_records.Submitted, ticket=1, n=1, planned=5)
    client.write(run_records.Answered, ticket=1, n=1, outcome="ok", state="resolved")
    client.write(run_records.ClientDone, ticket=1)
    client.write(run_records.FaultBegun, fault="1.1", planned=0, procs=(PROC,))
    client.write(run_records.FaultEnded, fault="1.1", healed=True, injected=True)
    client.write(run_records.Sample, cpu_seconds={"worker": 1.0}, rss_bytes={"worker": 2}, in_flight=1, paused=0)
    client.write(run_records.LiveAtEnd, live=(), known=(), failed=())

    worker = Journal(tmp_path / "journal" / WORKER)
    worker.write(records.Opened, wall=1, proc=PROC, role="worker", index=1, label="one")
    supervisor.write(run_records.Ready, proc=PROC)
    supervisor.write(run_records.Signalled, proc=PROC, signal="SIGKILL", fault="1.1")
    resident = time.monotonic_ns()
    worker.write(records.RequestOpened, request="r.1", ticket=1)
    sent = attempt(worker, "a.1", "send_auto_response", "done")
    attempt(worker, "a.2", "assign_agent", BUSY)
    worker.write(records.RequestClosed, request="r.1", ticket=1, state="open", status=200)
    worker.write(records.RequestOpened, request="r.2", ticket=2)
    at = At(attempt="a.3", ticket=1, step="close_ticket", visit=1)
    worker.write(records.AttemptStarted, walk="w", **at)
    worker.write(records.PointReached, point="1.1", window="before_effect", **at)
    worker.write(records.PointReleased, point="1.1", attempt="a.3")
    worker.write(records.Struck, point="2.1", token=1, window="before_effect", act="hang", **at)
    worker.write(records.HangOver, point="2.1", attempt="a.3")
    worker.write(records.Conflict, attempt="a.3", ticket=1, table="tickets")
    worker.write(records.LockError, attempt="a.3", message="locked")
    size = journal_bytes(tmp_path / "journal", PROC)
    assert size == (tmp_path / "journal" / WORKER).stat().st_size
    supervisor.write(
        run_records.Exited,
        proc=PROC,
        code=None,
        signal="SIGKILL",
        cpu_seconds=1.5,
        peak_rss_bytes=3,
        journal_bytes=size,
    )
    client.write(run_records.Totals, ledger=1, audit=2, residencies=1, histories=0)
    client.write(run_records.SupervisorLeft, journal_bytes=(tmp_path / "journal" / SUPERVISOR).stat().st_size)
    client.write(run_records.Phase, name="end")

    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    create(url, "atomic", 1, 1)
    store = Store(url, "atomic")
    store.open_ticket(Ticket(1, Priority.LOW), "r.1")
    seen = store.read(1)
    assert seen is not None
    store.record(seen, TimelineEntry("send_auto_response", 1, "received", "done", "a.1"))
    store.close()
    entry = LedgerEntry(0, sent, 1, "send_auto_response", "received", 1, "a.1", applied=True)
    (tmp_path / "ledger.jsonl").write_bytes(msgspec.json.encode(entry) + b"\n")
    residency = Residency(1, PROC, resident, resident + 9)
    (tmp_path / "histories" / "residency.jsonl").write_bytes(msgspec.json.encode(residency) + b"\n")
    return tmp_path


def attempt(journal: Journal, name: str, step: str, result: str) -> int:
    """Write an attempt, and return a moment (ns) within it."""
    journal.write(records.AttemptStarted, attempt=name, ticket=1, step=step, visit=1, walk="w")
    moment = time.monotonic_ns()
    journal.write(records.AttemptEnded, attempt=name, result=result)
    return moment


def load(folder: Path) -> History:
    return record.load(folder, "one", 1)


def verdict(made: Plan, history: History) -> str:
    return journal_intact(Evidence(made, history)).verdict


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


def test_attempts_of_several_processes_are_in_time_order(folder: Path) -> None:
    early = Attempt("z.1", 1, "agent_resolve", 1, 1)
    line = msgspec.json.encode({"kind": "attempt", "seq": 0, "t": 1, **msgspec.to_builtins(early)})
    (folder / "journal" / "worker-2-99-1.jsonl").write_bytes(line + b"\n")
    spawn(folder, "99-1")
    assert [one.id for one in load(folder).attempts] == ["z.1", "a.1", "a.3"]


def spawn(folder: Path, proc: str) -> None:
    """Let the supervisor say that it started another worker."""
    path = folder / "journal" / SUPERVISOR
    line = run_records.Spawned(99, 1, proc, "worker", 2)
    path.write_bytes(path.read_bytes() + msgspec.json.encode(line) + b"\n")


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


def test_a_process_is_known_before_its_journal_is_read(folder: Path) -> None:
    path = folder / "journal" / SUPERVISOR
    line = run_records.Spawned(99, 1, "8-1", "receiver", 0)
    path.write_bytes(path.read_bytes() + msgspec.json.encode(line) + b"\n")
    Journal(folder / "journal" / "receiver-0-8-1.jsonl").write(run_records.Phase, name="any")
    assert load(folder).processes["8-1"].last_record is not None


def test_a_journal_in_many_pieces_is_read_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load(folder)
    monkeypatch.setattr(journals, "CHUNK_BYTES", 7)
    assert load(folder) == whole


@pytest.mark.parametrize("left", [1, 20, -2])
def test_a_record_that_was_cut_is_noted_and_the_rest_is_read(folder: Path, tmp_path: Path, left: int) -> None:
    path = folder / "journal" / WORKER
    *whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:left])
    found = load(folder)
    process = found.processes[PROC]
    assert (process.torn, found.problems, found.lock_errors) == (True, [], [])
    assert [one.id for one in found.attempts] == ["a.1", "a.3"]
    made = histories.plan(tmp_path)
    assert verdict(made, found) == "unknown"
    assert process.exited is not None
    process.exited = msgspec.structs.replace(process.exited, journal_bytes=process.journal_bytes)
    assert verdict(made, found) == "valid"
    process.exited = msgspec.structs.replace(process.exited, signal=None, code=1)
    assert verdict(made, found) == "unknown"
    process.exited = None
    assert verdict(made, found) == "unknown"


def test_a_record_that_lacks_only_its_line_end_is_whole(folder: Path) -> None:
    path = folder / "journal" / WORKER
    path.write_bytes(path.read_bytes()[:-1])
    found = load(folder)
    assert (found.processes[PROC].torn, len(found.lock_errors), found.problems) == (False, 1, [])


def test_a_cut_record_of_a_process_that_nobody_owned_is_a_problem(folder: Path) -> None:
    path = folder / "journal" / "harness-0-9-1.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    assert load(folder).problems == ["harness-0-9-1.jsonl: its last line is cut"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda lines: lines[:3] + lines[4:], "expected record 3, found 4"),
        (lambda lines: lines[1:], "expected record 0, found 1"),
        (lambda lines: [*lines, lines[-1]], "expected record 15, found 14"),
        (lambda lines: [lines[0], b"noise\n", *lines[1:]], "a line that is no record: JSON is malformed"),
        (lambda lines: [lines[0], b'{"kind":"new","seq":1,"t":1}\n', *lines[1:]], "a line that is no record: Invalid"),
    ],
    ids=["one is missing", "the first is missing", "one came twice", "noise", "an unknown kind"],
)
def test_a_journal_with_a_gap_or_noise_is_told_and_the_rest_is_read(
    folder: Path, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], problem: str
) -> None:
    path = folder / "journal" / WORKER
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    found = load(folder)
    assert found.problems[0].startswith(f"{WORKER}: {problem}")
    assert found.lock_errors
    assert not found.processes[PROC].torn
    found.lock_errors.clear()
    assert verdict(histories.plan(tmp_path), found) != "valid"


def test_an_end_without_its_beginning_is_told(folder: Path) -> None:
    path = folder / "journal" / WORKER
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert load(folder).problems == [
        f"{WORKER}: expected record 2, found 3",
        f"{WORKER}: record 3 ends an attempt that never began",
    ]


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


@pytest.mark.parametrize(
    "line",
    [b'{"kind":"\xff","seq":1,"t":1}\n', b'{"kind":"ready","seq":1,"t":1,"proc":' + b"[" * 100_000 + b"\n"],
    ids=["no UTF-8", "nested without end"],
)
def test_a_line_that_cannot_even_be_refused_as_json_is_told_and_the_rest_is_read(folder: Path, line: bytes) -> None:
    path = folder / "journal" / WORKER
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, line, *rest]))
    found = load(folder)
    assert [problem.startswith(f"{WORKER}: a line that is no record: ") for problem in found.problems] == [True]
    assert len(found.attempts) == 2


WRONG_TYPE, NO_TICKET = "has a value of a wrong type", "names no ticket, or no step"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("at = 'x'", WRONG_TYPE),
        ("at = 1.5e300", WRONG_TYPE),
        ("old_version = 'x'", WRONG_TYPE),
        ("value = x'ff'", WRONG_TYPE),
        ("read_version = x'00'", WRONG_TYPE),
        ("\"row\" = 'x'", NO_TICKET),
        ("\"row\" = '99999999999999999999'", NO_TICKET),
        ("\"table\" = 'agents'", NO_TICKET),
        ("entry = 'null'", NO_TICKET),
        ("entry = '{'", NO_TICKET),
        ('entry = \'{"step": "close_ticket", "visit": "1"}\'', NO_TICKET),
    ],
)
def test_a_row_of_the_audit_that_is_none_is_told_and_left_out(folder: Path, change: str, problem: str) -> None:
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        assert connection.execute(f"UPDATE audit SET {change} WHERE id = 2").rowcount == 1  # noqa: S608 - our own
        connection.commit()
    found = load(folder)
    assert found.problems == [f"one/1/store.sqlite: audit row 2 {problem}"]
    assert [row.id for row in found.audit] == [1]


def test_a_copied_audit_is_looked_at_just_as_closely(folder: Path) -> None:
    rows = load(folder).audit
    lost = [amended(rows[0], row="x"), amended(rows[1], entry="[]")]
    (folder / "audit.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in lost))
    found = load(folder)
    assert found.audit == []
    assert found.problems == [f"one/1/audit.jsonl: audit row {n} {NO_TICKET}" for n in (1, 2)]


def test_a_table_that_holds_no_version_is_a_store_that_cannot_be_read(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        connection.execute("UPDATE tickets SET version = 'x'")
        connection.commit()
    with pytest.raises(RunFolderInvalid, match=r"store\.sqlite: is there, but cannot be read: Expected `int`"):
        load(folder)


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


def test_a_word_on_a_process_that_was_never_spawned_is_told(folder: Path) -> None:
    path = folder / "journal" / SUPERVISOR
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if b'"spawned"' not in line))
    found = load(folder)
    unknown = f"{SUPERVISOR}: tells of the process {PROC}, which was never spawned"
    assert found.problems == [f"{SUPERVISOR}: expected record 1, found 2", unknown, unknown, unknown]
    assert len(found.attempts) == 2


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


def test_of_two_ends_of_a_process_the_first_counts_and_the_other_is_noted(folder: Path) -> None:
    path = folder / "journal" / SUPERVISOR
    *_, last = path.read_bytes().splitlines()
    end = msgspec.json.decode(last)
    again = {**end, "seq": end["seq"] + 1, "signal": None, "code": 0}
    path.write_bytes(path.read_bytes() + msgspec.json.encode(again) + b"\n")
    found = load(folder)
    exited = found.processes[PROC].exited
    assert exited is not None
    assert exited.signal == "SIGKILL"
    assert found.problems == [f"{SUPERVISOR}: tells of a second end of {PROC}"]


def test_a_clock_that_stepped_back_is_noted(folder: Path) -> None:
    path = folder / "journal" / WORKER
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    lines[4]["t"] = lines[3]["t"] - 1
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    assert load(folder).problems == [f"{WORKER}: its clock stepped back: a record is older than the one before it"]
