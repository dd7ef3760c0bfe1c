"""What a page shows, as it changes: each part has the revision in which it changed last.

So whoever has seen a revision can be sent what is new since, however long ago that was: the present, not the past.
"""

import asyncio
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.live.column import LiveColumn
from harness.live.session import Session

GONE_KEPT = 5000
TILES_EVERY_S = 1.0


@dataclass(slots=True)
class ShownPart:
    """Something that is shown, as JSON, and when it changed."""

    content: bytes = b""
    rev: int = 0

    def put(self, content: bytes, rev: int) -> bool:
        """Take a new content; True if it differs."""
        if content == self.content:
            return False
        self.content, self.rev = content, rev
        return True


@dataclass(slots=True)
class Shown:
    """What is shown of one column. `gone` are tickets that are shown no longer, each with its revision."""

    tickets: dict[int, ShownPart] = field(default_factory=dict)
    gone: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=GONE_KEPT))
    processes: ShownPart = field(default_factory=ShownPart)
    tally: ShownPart = field(default_factory=ShownPart)
    phase: ShownPart = field(default_factory=ShownPart)
    states: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Position:
    """How much a client has: a revision, and the last line of the log."""

    rev: int
    line: int


@dataclass(slots=True)
class Feed:
    """What a session shows. `oldest` is the oldest revision from which a client can be brought up to date."""

    session: Session
    rev: int = 1
    oldest: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    shown: dict[str, Shown] = field(default_factory=dict)
    head: ShownPart = field(default_factory=ShownPart)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tiles_at: float = 0.0

    def __post_init__(self) -> None:
        self.shown = {column.label: Shown() for column in self.session.columns}

    async def publish(self) -> None:
        """Take in what changed, and wake those who wait for it."""
        now, rev, line = time.monotonic(), self.rev + 1, self.session.log.last
        is_time_for_tiles = now >= self._tiles_at + TILES_EVERY_S
        changes = [self._take(column, rev, now, with_tiles=is_time_for_tiles) for column in self.session.columns]
        changes.append(self.head.put(msgspec.json.encode(self._head()), rev))
        if is_time_for_tiles:
            self._tiles_at = now
        if any(changes):
            self.rev = rev
        if any(changes) or line != self._line:
            self._line = line
            async with self.changed:
                self.changed.notify_all()

    _line: int = 0

    def _take(self, column: LiveColumn, rev: int, now_s: float, *, with_tiles: bool) -> bool:
        shown, is_changed = self.shown[column.label], False
        changed = column.board.take_changes()
        for number in changed:
            view = column.board.tickets.get(number)
            if view is None:
                shown.tickets.pop(number, None)
                if len(shown.gone) == GONE_KEPT:
                    self.oldest = shown.gone[0][0]
                shown.gone.append((rev, number))
                is_changed = True
                continue
            row = msgspec.json.encode(view.row(column.board.workers, self.session.seconds))
            is_changed |= shown.tickets.setdefault(number, ShownPart()).put(row, rev)
        if changed or with_tiles:  # it looks at every ticket
            is_changed |= shown.tally.put(msgspec.json.encode(column.board.tally()), rev)
        is_changed |= shown.phase.put(msgspec.json.encode(column.phase), rev)
        if with_tiles:
            column.read_costs(now_s)
        if with_tiles or column.states != shown.states:  # a death is seen at once, CPU by the second
            shown.states = dict(column.states)
            is_changed |= shown.processes.put(msgspec.json.encode(column.tiles()), rev)
        return is_changed

    def _head(self) -> dict[str, Any]:
        session = self.session
        return {
            "run_id": session.scribe.meta.run_id,
            "folder": str(session.folder),
            "scenario": session.deeds.base.name,
            "description": session.deeds.base.description,
            "seed": session.seed,
            "is_stopping": session.stopping.is_set(),
            "save": None if session.save_to is None else str(session.save_to),
        }

    # -- as it is sent

    def position(self) -> Position:
        """Return where the newest is."""
        return Position(self.rev, self.session.log.last)

    def id_of(self, at: Position) -> str:
        """Name a position, for a client that comes back."""
        return f"{self.id}-{at.rev}-{at.line}"

    def position_of(self, name: str) -> Position | None:
        """Return the position that a client names; None where it is none, another session's or too old."""
        feed, _, rest = name.partition("-")
        rev, _, line = rest.partition("-")
        if feed != self.id or not rev.isdigit() or not line.isdigit() or int(rev) < self.oldest:
            return None
        return Position(min(int(rev), self.rev), min(int(line), self.session.log.last))

    def whole(self) -> bytes:
        """Return the whole state."""
        systems = [
            {**self._about(column), **_raw_of(self.shown[column.label], 0, is_whole=True)}
            for column in self.session.columns
        ]
        head = {**self._head(), "now_s": self.session.seconds()}
        log = self.session.log.since(0)
        return msgspec.json.encode({"rev": self.rev, "session": head, "systems": systems, "log": log})

    def since(self, at: Position) -> bytes:
        """Return what changed since a position."""
        systems = {
            column.label: changes
            for column in self.session.columns
            if (changes := _raw_of(self.shown[column.label], at.rev, is_whole=False))
        }
        change: dict[str, Any] = {"rev": self.rev, "now_s": self.session.seconds()}
        if systems:
            change["systems"] = systems
        if lines := self.session.log.since(at.line):
            change["log"] = lines
        if self.head.rev > at.rev:
            change["session"] = msgspec.Raw(self.head.content)
        return msgspec.json.encode(change)

    def _about(self, column: LiveColumn) -> dict[str, Any]:
        block = column.assembly.block
        is_up = column.is_ready.is_set()
        return {
            "label": column.label,
            "system": block.system,
            "settings": block.settings,
            "has_engine": is_up and bool(column.stage.processes.engines()),
            "ui": (column.stage.system.ui_url or None) if is_up else None,
        }


def _raw_of(shown: Shown, rev: int, *, is_whole: bool) -> dict[str, Any]:
    """Return the parts of a column that changed after a revision, newest tickets first."""
    newer = [part for _, part in sorted(shown.tickets.items(), reverse=True) if part.rev > rev]
    parts: dict[str, Any] = {}
    if newer or is_whole:
        parts["tickets"] = [msgspec.Raw(part.content) for part in newer]
    gone = [number for at, number in shown.gone if at > rev]
    if gone and not is_whole:
        parts["gone"] = gone
    for name in ("processes", "tally", "phase"):
        part: ShownPart = getattr(shown, name)
        if part.content and (is_whole or part.rev > rev):
            parts[name] = msgspec.Raw(part.content)
    return parts
