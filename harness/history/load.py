"""A History from a repetition's folder: journals, ledger, audit and residencies, read, merged and paired.

Nothing here raises for what a crash leaves behind: a torn line, a gap, a missing file become facts of the History.
"""

import gc
import math
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from operator import attrgetter, gt
from pathlib import Path
from sys import intern
from typing import Any, TypeVar

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import RunFolderInvalid
from harness.history import run_records
from harness.history.model import Attempt, History, Process, Request, Stop
from harness.history.phases import RunPhase
from harness.history.run_records import OtherRecord
from systems.desk import records
from systems.desk.model import BUSY
from systems.desk.path import Passage
from systems.desk.records import AttemptEnded
from systems.desk.rows import AuditRow, LedgerEntry, TableRow
from systems.system import Residency

OWN = ("supervisor", "harness")
"""Whose journals nobody else tells of."""
T = TypeVar("T")
FoldedRecord = Attempt | OtherRecord
# A journal is decoded in pieces of this size: a large one is never in memory as text and as records at once.
CHUNK_BYTES = 4 * 1024 * 1024
MOST_LINE_BYTES = 64 * 1024 * 1024
_decoder: msgspec.json.Decoder[FoldedRecord] = msgspec.json.Decoder(FoldedRecord)
_ledger_decoder = msgspec.json.Decoder(LedgerEntry)
_audit_decoder = msgspec.json.Decoder(AuditRow)
_row_decoder = msgspec.json.Decoder(TableRow)
_passage_decoder = msgspec.json.Decoder(Passage)
_residency_decoder = msgspec.json.Decoder(Residency)
_TICKET = re.compile(r"-?\d{1,9}", re.ASCII)
_by_start = attrgetter("started")
_by_time = attrgetter("t")
LIVES = "lives.txt"
"""The file of a session's folder with a line for each of its lives: which process it was."""
TIMES = ("t", "started", "planned", "since", "until")
"""The fields of records that are times."""
BEGINNING = frozenset({RunPhase.START, RunPhase.CANARY, RunPhase.CANARY_FAILED, RunPhase.LOAD})
"""The phases that a folder goes through once, however often it is gone on with."""


def load(folder: Path, label: str, repetition: int) -> History:
    """Read one repetition; `problems` says what could not be read."""
    history = History(label, repetition)
    with without_gc():
        paths = sorted((folder / "journal").glob("*.jsonl"))
        # The supervisor's first: it says which processes there were and when they stood still, which the others are
        # read against.
        shifts, lives = _shifts(paths), _lives(folder)
        for path in sorted(paths, key=lambda path: not path.name.startswith("supervisor")):
            if problem := _why_foreign(path, history, lives):
                history.problems.append(problem)
            else:
                _Journal(path, history, shifts.get(path, 0)).read()
        _sort(history)
        history.ledger = _lines(folder / "ledger.jsonl", _ledger_decoder, history)
        history.residencies = _lines(folder / "histories" / "residency.jsonl", _residency_decoder, history)
        history.exported = sum(1 for _ in (folder / "histories").glob("*.json"))
        _read_store(folder, history)
    if not paths:
        history.problems.append("no journal was found")
    return history


def _lives(folder: Path) -> int:
    """Return how often the folder was worked in: a run's once, a session's each time that it was gone on with."""
    listed = folder / LIVES
    return max(1, listed.read_bytes().count(b"\n")) if listed.is_file() else 1


def _why_foreign(path: Path, history: History, lives: int) -> str:
    """Say why a file among the journals is no process's of this run; what it says would count for evidence.

    Of the harness and of the supervisor there is one for each of the folder's `lives`.
    """
    if not path.is_file():
        return f"{path.name}: expected a journal, found no file"
    role, proc = path.name.partition("-")[0], "-".join(path.stem.split("-")[-2:])
    if role in OWN:
        others = [name for name in history.journals.values() if name.startswith(f"{role}-")]
        if len(others) < lives:
            return ""
        return f"{path.name}: expected one journal of the {role}, found {others[0]} beside it"
    # Without the supervisor's word there is nobody to say what was started: then nothing is held against a file.
    is_started = not history.processes or proc in history.processes
    return "" if is_started else f"{path.name}: a journal of a process that was never started"


@contextmanager
def without_gc() -> Iterator[None]:
    """Keep the collector from walking a million live records again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Journal:
    """One process's journal, folded into the history record by record."""

    def __init__(self, path: Path, history: History, shift: int = 0) -> None:
        self._path = path
        self._shift = shift
        self._history = history
        self._proc = intern("-".join(path.stem.split("-")[-2:]))
        self._open: dict[str, Attempt] = {}
        self._requests: dict[str, Request] = {}
        self._next = 0
        self._first: int | None = None
        self._last = 0
        self._torn = False
        history.journals[self._proc] = path.name
        self._bytes = _bytes_of(path)
        if path.name.startswith("supervisor"):
            history.supervisor_bytes = (history.supervisor_bytes or 0) + self._bytes
        process = history.processes.get(self._proc)
        self._stops = process.stops if process is not None else []
        self._takers: dict[type, Callable[[Any], None]] = _takers(self, history)

    def read(self) -> None:
        """Fold the whole file; a cut or foreign line is noted."""
        for chunk in _readable_chunks(self._path):
            try:
                # In one call, which is faster; lines are looked at singly only where one of them is no record.
                batch = _decoder.decode_lines(chunk)
            except UNREADABLE:
                batch = self._line_by_line(chunk)
            self._fold([_shifted(record, self._shift) for record in batch] if self._shift else batch)
        # What never ended is an attempt as well: its process died in the middle of it.
        self._history.attempts.extend(self._open.values())
        process = self._history.processes.get(self._proc)
        if process is not None:
            process.first_record, process.last_record = self._first, self._last
            process.torn, process.journal_bytes = self._torn, self._bytes
        if self._torn and process is None:
            self.note("its last line is cut")

    def _fold(self, batch: list[FoldedRecord]) -> None:
        self._count(batch)
        opened, finished, takers, proc = self._open, self._history.attempts.append, self._takers, self._proc
        for record in batch:
            if type(record) is Attempt:
                record.proc = proc
                # A run may have a million attempts, and a dozen names of steps: each name is kept once.
                record.step = intern(record.step)
                opened[record.id] = record
            elif type(record) is AttemptEnded:
                attempt = opened.pop(record.attempt, None)
                if attempt is None:
                    self.note(f"record {record.seq} ends an attempt that never began")
                    continue
                attempt.ended, attempt.error, attempt.result = record.t, record.error, record.result
                attempt.ended_seq = record.seq
                if record.result == BUSY:
                    self._history.busy_polls.append(attempt)
                else:
                    finished(attempt)
            else:
                takers[type(record)](record)

    def _count(self, batch: list[FoldedRecord]) -> None:
        """Note every gap in the records' numbers, every step back of their clock, and its first and last times."""
        numbers = [record.seq for record in batch]
        # One comparison for the batch, which almost always holds; the gap is looked for only where there is one.
        if numbers != list(range(self._next, self._next + len(batch))):
            for expected, number in zip([self._next, *(n + 1 for n in numbers)], numbers, strict=False):
                if number != expected:
                    self.note(f"expected record {expected}, found {number}")
        if not batch:
            return
        moments = [record.started if isinstance(record, Attempt) else record.t for record in batch]
        # Written under one lock, by one clock: its records are in the order of time, or that clock stepped back.
        if moments[0] < self._last or any(map(gt, moments, moments[1:])):
            self.note("its clock stepped back: a record is older than the one before it")
        if self._stops:
            self._look_for_signs_of_life(moments)
        if self._first is None:
            self._first = moments[0]
        self._next, self._last = numbers[-1] + 1, moments[-1]

    def _look_for_signs_of_life(self, moments: list[int]) -> None:
        """Note where a process wrote while it stood still."""
        for stop in self._stops:
            until = math.inf if stop.continued is None else stop.continued
            stop.wrote = stop.wrote or any(stop.stopped < moment < until for moment in moments)

    def _line_by_line(self, chunk: bytes) -> list[FoldedRecord]:
        readable: list[FoldedRecord] = []
        lines = chunk.splitlines(keepends=True)
        for number, line in enumerate(lines, start=1):
            try:
                readable.append(_decoder.decode(line))
            except UNREADABLE as error:
                # Only the last line can be one that its writer's death cut. Whether the writer did die is judged later,
                # by the supervisor's word.
                if number == len(lines) and not line.endswith(b"\n"):
                    self._torn = True
                else:
                    self.note(f"a line that is no record: {error}")
        return readable

    def note(self, what: str) -> None:
        """Note what cannot be so."""
        self._history.problems.append(f"{self._path.name}: {what}")

    def process(self, proc: str) -> Process | None:
        """Return the process that a record tells of; one that was never spawned is noted."""
        process = self._history.processes.get(proc)
        if process is None:
            self.note(f"tells of the process {proc}, which was never spawned")
        return process

    def request(self, record: records.RequestOpened) -> None:
        """Take in a request's start."""
        request = Request(record.request, self._proc, record.ticket, record.t)
        self._requests[record.request] = request
        self._history.requests.append(request)

    def answered(self, record: records.RequestClosed) -> None:
        """Take in a request's end."""
        request = self._requests.pop(record.request, None)
        if request is not None:
            request.closed, request.state = record.t, record.state

    def with_proc(self, into: list[tuple[str, T]]) -> Callable[[T], None]:
        """Take in a record together with the process that wrote it."""
        return lambda record: into.append((self._proc, record))


def _takers(journal: _Journal, history: History) -> dict[type, Callable[..., None]]:
    """Map each kind of record to where it goes."""
    return {
        records.Opened: lambda _: None,
        records.RequestOpened: journal.request,
        records.RequestClosed: journal.answered,
        records.PointReached: journal.with_proc(history.points),
        records.PointReleased: journal.with_proc(history.released),
        records.Struck: journal.with_proc(history.strikes),
        records.HangOver: journal.with_proc(history.hangs_over),
        records.Conflict: journal.with_proc(history.conflicts),
        records.LockError: history.lock_errors.append,
        run_records.PauseAsked: history.pause_asked.append,
        run_records.TicketPaused: history.paused.append,
        run_records.TicketResumed: history.resumed.append,
        run_records.LateAnswer: history.late_answers.append,
        run_records.AnswerDropped: history.answers_dropped.append,
        run_records.Troubled: history.troubled.append,
        run_records.LockHeld: history.locks.append,
        run_records.LinkOpened: lambda _: None,
        run_records.LinkClosed: lambda _: None,
        run_records.LinkCut: history.links_cut.append,
        run_records.LinkHealed: history.links_healed.append,
        run_records.LinkForwards: history.links_forward.append,
        run_records.OperatorRead: history.operator_read.append,
        run_records.OperatorWrote: history.operator_wrote.append,
        run_records.Submitted: history.submitted.append,
        run_records.Answered: history.answered.append,
        run_records.ClientDone: lambda record: history.gave_up.__setitem__(record.ticket, record.t),
        run_records.FaultBegun: lambda record: history.faults_begun.__setitem__(record.fault, record),
        run_records.FaultEnded: lambda record: history.faults_ended.__setitem__(record.fault, record),
        run_records.Phase: history.phases.append,
        run_records.Sample: history.samples.append,
        run_records.LiveAtEnd: partial(_keep_last, history, "at_end"),
        run_records.Totals: partial(_keep_last, history, "totals"),
        run_records.SupervisorLeft: partial(_keep_last, history, "supervisor_left"),
        **_takers_of_processes(journal, history.processes),
    }


def _keep_last(history: History, name: str, record: records.Record) -> None:
    """Keep the latest record of its kind: a folder that was gone on with has several."""
    before: records.Record | None = getattr(history, name)
    if before is None or before.t < record.t:
        setattr(history, name, record)


def _of_one_life(phases: list[run_records.Phase]) -> list[run_records.Phase]:
    """Return the phases as of one run: where a folder was gone on with, an earlier end was none, nor a later start."""
    starts = [at for at, phase in enumerate(phases) if phase.name == RunPhase.START]
    if len(starts) < 2:  # noqa: PLR2004 - the usual: one life
        return phases
    begun = [phase for phase in phases[: starts[1]] if phase.name in BEGINNING]
    return begun + [phase for phase in phases[starts[-1] :] if phase.name not in BEGINNING]


def _takers_of_processes(journal: _Journal, processes: dict[str, Process]) -> dict[type, Callable[..., None]]:
    """Map what the supervisor tells of its children to where it goes."""

    def spawned(record: run_records.Spawned) -> None:
        processes[record.proc] = Process(record.proc, record.role, record.index, record.t)

    def of_process(take: Callable[[Process, Any], None]) -> Callable[[Any], None]:
        def take_record(record: Any) -> None:
            if process := journal.process(record.proc):
                take(process, record)

        return take_record

    def exited(process: Process, record: run_records.Exited) -> None:
        # Nobody ends twice: the first word counts, and what was written after it was written by one that lived on.
        if process.exited is None:
            process.exited = record
        else:
            journal.note(f"tells of a second end of {process.proc}")

    return {
        run_records.Spawned: spawned,
        run_records.Ready: of_process(lambda process, record: setattr(process, "ready", record.t)),
        run_records.Signalled: of_process(Process.was_sent),
        run_records.Stopped: of_process(
            lambda process, record: process.stops.append(Stop(record.fault, record.t, record.is_whole))
        ),
        run_records.Exited: of_process(exited),
    }


# Why times may have to be moved: monotonic time begins anew with each boot of the machine. A session's folder may be
# gone on with after one, and then holds journals of two clocks. Each journal's first record has the wall clock beside,
# so those of an earlier boot are put where they were on the last one's clock, before zero.
def _shifts(paths: list[Path]) -> dict[Path, int]:
    """Return by how much the times of journals of earlier boots are moved; mostly nothing, as there is one boot."""
    files = [path for path in paths if path.is_file()]
    opened = {path: first for path in files if (first := _opened(path)) is not None and first.boot}
    by_boot: dict[str, records.Opened] = {}
    for first in sorted(opened.values(), key=lambda first: first.wall):
        by_boot.setdefault(first.boot, first)
    if len(by_boot) < 2:  # noqa: PLR2004 - the usual: one boot
        return {}
    *_, last = by_boot.values()
    ahead = {boot: first.wall - first.t for boot, first in by_boot.items()}
    return {path: ahead[first.boot] - ahead[last.boot] for path, first in opened.items()}


def _opened(path: Path) -> records.Opened | None:
    """Return a journal's first record."""
    try:
        with path.open("rb") as file:
            first = _decoder.decode(file.readline())
    except (OSError, msgspec.DecodeError):
        return None
    return first if isinstance(first, records.Opened) else None


def _shifted(record: FoldedRecord, by: int) -> FoldedRecord:
    """Move every time of a record; one of zero stands for none."""
    moved = {name: at + by for name in TIMES if (at := getattr(record, name, 0))}
    return msgspec.structs.replace(record, **moved)


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file in large pieces that end with whole lines; the last may be cut."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece if piece.endswith(b"\n") else piece + file.readline(MOST_LINE_BYTES)


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _readable_chunks(path: Path) -> Iterator[bytes]:
    """Read a journal; raises RunFolderInvalid for one that is there and cannot be read."""
    try:
        yield from _chunks(path)
    except OSError as error:
        raise _unreadable(path, error) from None


def _sort(history: History) -> None:
    """Put what came from several files into time order."""
    history.attempts.sort(key=_by_start)
    history.requests.sort(key=lambda record: record.opened)
    history.strikes.sort(key=lambda record: record[1].t)
    history.points.sort(key=lambda record: record[1].t)
    history.submitted.sort(key=_by_time)
    history.answered.sort(key=_by_time)
    history.phases = _of_one_life(sorted(history.phases, key=_by_time))


def _place(path: Path, history: History) -> str:
    """Name a file from the run's folder: every repetition has one of that name."""
    return f"{history.label}/{history.repetition}/{path.name}"


def _lines(path: Path, decoder: msgspec.json.Decoder[T], history: History) -> list[T]:
    """Decode a file of lines; what cannot be read is noted."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        history.problems.append(f"{_place(path, history)}: {error.strerror}")
        return []
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        return decoder.decode_lines(content)
    except UNREADABLE:
        pass
    readable = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            readable.append(decoder.decode(line))
        except UNREADABLE as error:
            history.problems.append(f"{_place(path, history)}:{number}: {error}")
    return readable


def _passage(entry: str) -> str:
    """Return a timeline entry's text up to its attempt, which is the row's writer: thousands of rows share the rest."""
    passage, comma, _ = entry.partition(',"attempt":')
    return intern(f"{passage}}}" if comma else entry)


def _read_store(folder: Path, history: History) -> None:
    """Read the audit and the tables as they stood at the end: from the store, or from what was copied of it.

    Raises RunFolderInvalid where there is a store that cannot be read: one of which nothing could be read would look
    like one in which nothing ever happened.
    """
    if (folder / "audit.jsonl").exists():
        copied = _lines(folder / "audit.jsonl", _audit_decoder, history)
        history.audit = _meaningful(copied, folder / "audit.jsonl", history)
        copy = folder / "tables.jsonl"
        history.tables = _lines(copy, _row_decoder, history) if copy.exists() else None
        return
    path = folder / "store.sqlite"
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as connection:
            history.audit = _meaningful(_audit(connection, path, history), path, history)
            history.tables = _tables(connection)
    except msgspec.ValidationError as error:
        raise _unreadable(path, error) from None
    except sqlite3.Error as error:
        if path.exists() and not str(error).startswith("no such table"):  # without tables, nothing was begun
            raise _unreadable(path, error) from None
        history.problems.append(f"{_place(path, history)}: {error}")


def _unreadable(path: Path, error: Exception) -> RunFolderInvalid:
    """Say that evidence is there and cannot be read: taken for absent, it would tell of tickets that vanished."""
    return RunFolderInvalid(f"{path}: is there, but cannot be read: {getattr(error, 'strerror', None) or error}")


def _read_only(path: Path) -> str:
    """Return the URI that opens a store to be read: as it stands, where no log of writes is left to be looked for.

    Looking for one needs a folder that can be written, which an archive need not be.
    """
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    return f"{path.absolute().as_uri()}?{'mode=ro' if has_log else 'mode=ro&immutable=1'}"


def _audit(connection: sqlite3.Connection, path: Path, history: History) -> list[AuditRow]:
    # SQLite keeps what it is given, of whatever type: it is asked of each row, as asking here would take a second for a
    # million of them.
    query = (
        'SELECT id, "table", "row", old_version, new_version, read_version, writer, "at", value, entry,'
        " typeof(id) || typeof(new_version) || typeof(\"at\") = 'integerintegerinteger'"
        " AND typeof(old_version) IN ('integer', 'null') AND typeof(read_version) IN ('integer', 'null')"
        ' AND typeof("table") || typeof("row") || typeof(writer) || typeof(value) || typeof(entry)'
        " = 'texttexttexttexttext' FROM audit ORDER BY id"
    )
    rows = []
    for number, table, row, old, new, read, writer, at, value, entry, is_typed in connection.execute(query):
        if is_typed:
            rows.append(
                AuditRow(number, intern(table), intern(row), old, new, read, writer, at, intern(value), _passage(entry))
            )
        else:
            history.problems.append(f"{_place(path, history)}: audit row {number} has a value of a wrong type")
    return rows


def _meaningful(rows: list[AuditRow], path: Path, history: History) -> list[AuditRow]:
    """Leave out, and note, rows that name no ticket or whose entry is none: nothing can be judged by them."""
    tickets, entries, kept = {""}, {""}, []
    for row in rows:
        ticket = row.row if row.table == "tickets" else row.value
        if (ticket in tickets or _is_ticket(ticket, tickets)) and (
            row.entry in entries or _is_entry(row.entry, entries)
        ):
            kept.append(row)
        else:
            history.problems.append(f"{_place(path, history)}: audit row {row.id} names no ticket, or no step")
    return kept


def _is_ticket(text: str, known: set[str]) -> bool:
    if _TICKET.fullmatch(text):
        known.add(text)
    return text in known


def _is_entry(text: str, known: set[str]) -> bool:
    with suppress(*UNREADABLE):
        _passage_decoder.decode(text)
        known.add(text)
    return text in known


def _tables(connection: sqlite3.Connection) -> list[TableRow]:
    tickets = connection.execute("SELECT 'tickets', CAST(number AS TEXT), version, state FROM tickets")
    agents = "SELECT 'agents', name, version, COALESCE(CAST(held_by AS TEXT), '') FROM agents"
    columns = ("table", "row", "version", "value")
    rows = (dict(zip(columns, row, strict=True)) for row in (*tickets, *connection.execute(agents)))
    return msgspec.convert(list(rows), list[TableRow])
