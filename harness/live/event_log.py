"""The session's log: sentences with numbers, the newest in memory, all of them on disk."""

from collections import deque
from pathlib import Path
from typing import Literal

import msgspec

KEPT = 500
"""So many lines a page shows; whoever wants more reads the file."""

LineKind = Literal["step", "ticket", "fault", "process", "operator", "session"]


class Source(msgspec.Struct, frozen=True):
    """The record behind a sentence: a file of the run's folder, and the record's number in it."""

    file: str
    seq: int


class Sentence(msgspec.Struct, frozen=True):
    """What happened, before it has a number: `at` is monotonic ns."""

    at: int
    kind: LineKind
    said: str
    ticket: str | None = None
    record: Source | None = None


class LogLine(msgspec.Struct, frozen=True):
    """A numbered sentence; `at_s` counts from the session's begin."""

    n: int
    at_s: float
    system: str | None
    ticket: str | None
    kind: LineKind
    said: str
    record: Source | None = None


class EventLog:
    """Numbers sentences from 1 on, and appends each to a file; one that is there already is gone on with."""

    def __init__(self, path: Path, began: int, kept: int = KEPT) -> None:
        self.began = began
        self._newest: deque[LogLine] = deque(maxlen=kept)
        before = path.read_bytes().count(b"\n") if path.is_file() else 0
        self._last = before
        self._file = path.open("ab", buffering=0)

    def add(self, sentence: Sentence, system: str | None = None) -> LogLine:
        """Give a sentence its number and write it down."""
        self._last += 1
        at_s = round((sentence.at - self.began) / 1e9, 3)
        line = LogLine(self._last, at_s, system, sentence.ticket, sentence.kind, sentence.said, sentence.record)
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._newest.append(line)
        return line

    @property
    def last(self) -> int:
        """The number of the newest line."""
        return self._last

    def since(self, number: int) -> list[LogLine]:
        """Return the lines after a number, as far as they are in memory."""
        return [line for line in self._newest if line.n > number]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
