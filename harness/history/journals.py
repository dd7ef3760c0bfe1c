"""Journals, folded into a History record by record.

Nothing here raises for what a crash leaves behind: a torn line and a gap become facts of the History.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from sys import intern
from typing import Any, TypeVar

import msgspec

from harness.decoding import UNREADABLE
from harness.history import run_records
from harness.history.boots import shifted
from harness.history.lines import unreadable
from harness.history.model import Attempt, FoldedRecord, History, Process, Request, Stop
from systems.desk import records
from systems.desk.model import BUSY
from systems.desk.records import AttemptEnded

T = TypeVar("T")
# A journal is decoded in pieces of this size: a large one is never in memory as text and as records at once.
CHUNK_BYTES = 4 * 1024 * 1024
MOST_LINE_BYTES = 16 * 1024 * 1024
_decoder: msgspec.json.Decoder[FoldedRecord] = msgspec.json.Decoder(FoldedRecord)


class JournalReader:
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
            self._fold([shifted(record, self._shift) for record in batch] if self._shift else batch)
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
        moments = [record.started if type(record) is Attempt else record.t for record in batch]
        # Written under one lock, by one clock: its records are in the order of time, or that clock stepped back.
        # Sorting what is in order already takes half the time of comparing neighbours.
        if moments[0] < self._last or moments != sorted(moments):
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

    def opened(self, record: records.Opened) -> None:
        """Take in what a process says of itself."""
        process = self._history.processes.get(self._proc)
        if process is not None:
            process.release = record.release

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


def _takers(journal: JournalReader, history: History) -> dict[type, Callable[..., None]]:
    """Map each kind of record to where it goes."""
    return {
        records.Opened: journal.opened,
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
        run_records.Throttled: history.throttled.append,
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


def _takers_of_processes(journal: JournalReader, processes: dict[str, Process]) -> dict[type, Callable[..., None]]:
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


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from None


def _readable_chunks(path: Path) -> Iterator[bytes]:
    """Read a journal; raises RunFolderInvalid for one that is there and cannot be read."""
    try:
        yield from _chunks(path)
    except OSError as error:
        raise unreadable(path, error) from None


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file in large pieces that end with whole lines; the last may be cut."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece if piece.endswith(b"\n") else piece + file.readline(MOST_LINE_BYTES)
