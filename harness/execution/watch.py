"""What is going on right now: the store's terminal tickets and every worker's open attempts, read as they grow.

The run steers by it (quiet, progress, busy workers); nothing is judged by it.
"""

import asyncio
import contextlib
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from harness.decoding import UNREADABLE
from harness.history.run_records import AnyRecord
from systems.desk.live.store import Store
from systems.desk.model import TERMINAL
from systems.desk.records import AttemptEnded, AttemptStarted, RequestClosed, RequestOpened, Struck
from systems.desk.rows import AuditRow

TICK_S = 0.05
CLOSE_TICK_S = 0.02
"""Under `concurrency` the next ticket waits for the end of another, so it is looked for more often."""
PIECE_BYTES = 4 * 1024 * 1024
"""So much of a journal is taken in at once; no record that is looked for here is nearly as long."""
_decoder = msgspec.json.Decoder(AnyRecord)


class Observer(Protocol):
    """Who wants to see each record of a worker and each row of the audit as it is read."""

    def record(self, proc: str, file: str, record: AnyRecord) -> None:
        """Take in a record of the process `proc`, from its journal's file."""

    def row(self, row: AuditRow) -> None:
        """Take in a write on the store."""


@dataclass(slots=True)
class Tail:
    """One worker's journal, read on from where it was left."""

    path: Path
    offset: int = 0
    attempts: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    struck: list[Struck] = field(default_factory=list)
    is_journal: bool = True

    def read(self) -> list[AnyRecord]:
        """Take in whole new lines, and return their records; a file that has none, however much it holds, is left."""
        fresh: list[AnyRecord] = []
        is_more = self.is_journal and self._has_grown()
        while is_more:
            is_more = self._read_piece(fresh)
        for record in fresh:
            self._take(record)
        return fresh

    def _has_grown(self) -> bool:
        """Look at its size first: opening every journal dozens of times a second is most of what a watch would cost."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - see above
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and status.st_size > self.offset

    def _read_piece(self, fresh: list[AnyRecord]) -> bool:
        """Take in a part of what is new; False when there is no more."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            chunk = file.read(PIECE_BYTES)
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self.offset += len(whole)
        is_full = len(chunk) == PIECE_BYTES
        self.is_journal = bool(whole) or not is_full
        for line in whole.splitlines():
            with contextlib.suppress(*UNREADABLE):  # judged later, from the same file
                fresh.append(_decoder.decode(line))
        return is_full and self.is_journal

    def _take(self, record: AnyRecord) -> None:
        match record:
            case AttemptStarted():
                self.attempts[record.attempt] = record.ticket
            case AttemptEnded():
                self.attempts.pop(record.attempt, None)
            case RequestOpened():
                self.requests[record.request] = record.ticket
            case RequestClosed():
                self.requests.pop(record.request, None)
            case Struck():
                self.struck.append(record)
            case _:
                pass


@dataclass(slots=True)
class Watch:
    """Polls store and journals every `tick_s`; `terminal` maps ticket numbers to their end.

    `audit_copy` is where the audit is written on as it grows, of a store that does not stay.
    """

    store: Store
    journal_dir: Path
    is_alive: Callable[[str], bool]
    tick_s: float = TICK_S
    terminal: dict[int, str] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    paused: set[int] = field(default_factory=set)
    was_paused: bool = False
    audit_copy: Path | None = None
    observer: Observer | None = None
    _tails: dict[str, Tail] = field(default_factory=dict)
    _last_row: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self.tick_s)

    async def look(self) -> None:
        """Poll once, and wake the tasks that wait for a change."""
        await self._take(self.store.changes(self._last_row))

    async def last_look(self) -> int:
        """Poll for the last time, copy the tables as they stand beside the audit's copy; return the last audit id."""
        rows, tables = self.store.as_it_stands(self._last_row)
        await self._take(rows)
        if self.audit_copy is not None:
            self.audit_copy.with_name("tables.jsonl").write_bytes(_as_lines(tables))
            self.audit_copy = None  # what is written from now on is in neither copy
        return self._last_row

    async def _take(self, rows: Sequence[AuditRow]) -> None:
        if self.audit_copy is not None and rows:
            with self.audit_copy.open("ab") as copy:
                copy.write(_as_lines(rows))
        for row in rows:
            self._last_row = row.id
            if self.observer is not None:
                self.observer.row(row)
            if row.table == "tickets" and row.value in TERMINAL:
                self.terminal.setdefault(int(row.row), row.value)
                self.settled.add(int(row.row))
        self.read_on()
        async with self._changed:
            self._changed.notify_all()

    def client_gave_up(self, ticket: int) -> None:
        """Count a ticket as settled because it will not be submitted again."""
        self.settled.add(ticket)

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Wait until `predicate()` holds; looked at after every poll."""
        async with self._changed:
            await self._changed.wait_for(predicate)

    def open_attempts(self) -> dict[str, set[int]]:
        """Map each live worker to the tickets of its open attempts and requests, read this moment."""
        self.read_on()
        # What a dead process had open stays open in its journal for good: only the living are busy.
        return {
            proc: {*tail.attempts.values(), *tail.requests.values()}
            for proc, tail in self._tails.items()
            if self.is_alive(proc) and (tail.attempts or tail.requests)
        }

    def open_requests(self) -> set[int]:
        """Return the tickets that a live process serves at this moment."""
        self.read_on()
        return {t for proc, tail in self._tails.items() if self.is_alive(proc) for t in tail.requests.values()}

    def struck(self) -> set[str]:
        """Return the ids of the points at which a failure, hang or silence struck so far."""
        return {strike.point for tail in self._tails.values() for strike in tail.struck}

    def strike(self, point: str, token: int) -> Struck | None:
        """Return the `token`-th strike of a point, once it is known."""
        strikes = (strike for tail in self._tails.values() for strike in tail.struck)
        return next((strike for strike in strikes if (strike.point, strike.token) == (point, token)), None)

    def read_on(self) -> None:
        """Read the workers' journals to where they end at this moment, and show the observer what is new."""
        # Looked for anew each time: a worker that replaces another begins a file of its own.
        for proc, name in self._journals():
            # Only of processes that were started: whoever can write into the folder can put a file there.
            if proc in self._tails or self.is_alive(proc):
                self._pass_on(proc, name)

    def read_earlier(self) -> None:
        """Show the observer what processes of an earlier life of the folder wrote."""
        for proc, name in sorted(self._journals(), key=lambda journal: journal[1]):
            if proc not in self._tails and not self.is_alive(proc):
                self._pass_on(proc, name)

    def _journals(self) -> list[tuple[str, str]]:
        """Return (process, name) of every worker's journal."""
        names = os.listdir(self.journal_dir)  # noqa: PTH208 - a pattern or a path for each costs more than looking
        suffix = ".jsonl"
        return [
            ("-".join(name.removesuffix(suffix).split("-")[-2:]), name)
            for name in names
            if name.startswith("worker-") and name.endswith(suffix)
        ]

    def _pass_on(self, proc: str, name: str) -> None:
        if (tail := self._tails.get(proc)) is None:
            tail = self._tails[proc] = Tail(self.journal_dir / name)
        for record in tail.read():
            if self.observer is not None:
                self.observer.record(proc, name, record)


def _as_lines(rows: Sequence[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
