"""Journals break: a record is lost on its way to the disk, is never numbered, or is cut."""

import os
from collections.abc import Callable
from typing import Any

import msgspec

from harness.history import run_records
from harness.history.run_records import Exited, Submitted
from systems.desk import records
from systems.desk.live.journal import Journal
from systems.desk.records import AttemptStarted
from tests.broken.harness.broken_part import FAILED, SUPERVISOR, SYNC_WORKER, UNKNOWN, BrokenPart, put

NTH = 5
_write = Journal.write


def _nth_of(kind: type) -> Callable[[Any], bool]:
    """Say of each record whether it is the fifth of its kind."""
    numbers = iter(range(1_000_000))
    return lambda of: of is kind and next(numbers) == NTH


def gap() -> None:
    is_due = _nth_of(AttemptStarted)

    def write(self: Journal, kind: Any, *args: Any, **fields: Any) -> None:
        if is_due(kind):
            put(self, "_seq", self._seq + 1)
        else:
            _write(self, kind, *args, **fields)

    put(Journal, "write", write)


def _forget(kind: type, nth: int = NTH) -> None:
    numbers = iter(range(1_000_000))

    def write(self: Journal, of: Any, *args: Any, **fields: Any) -> None:
        if of is not kind or next(numbers) != nth:
            _write(self, of, *args, **fields)

    put(Journal, "write", write)


def attempt_never_numbered() -> None:
    _forget(records.AttemptStarted)


def submission_never_numbered() -> None:
    _forget(Submitted)


def answer_never_numbered() -> None:
    _forget(run_records.Answered)


def end_of_a_worker_never_numbered() -> None:
    _forget(Exited, nth=0)


def cut_line() -> None:
    is_due = _nth_of(AttemptStarted)

    def write(self: Journal, kind: Any, *args: Any, **fields: Any) -> None:
        _write(self, kind, *args, **fields)
        if is_due(kind):
            size = self.path.stat().st_size
            os.truncate(self.path, size - len(msgspec.json.encode(fields)) // 2)

    put(Journal, "write", write)


INTACT = "journal_intact"
PARTS = (
    BrokenPart("a worker's journal has a gap", gap, FAILED, {INTACT: "invalid"}, "", SYNC_WORKER),
    BrokenPart(
        "an attempt's start is never written", attempt_never_numbered, FAILED, {INTACT: "invalid"}, "", SYNC_WORKER
    ),
    BrokenPart(
        "a submission is never written",
        submission_never_numbered,
        FAILED,
        {"conservation": "invalid", "plan_followed": "unknown"},
        "was never submitted",
    ),
    BrokenPart("an answer is never written", answer_never_numbered, UNKNOWN, {INTACT: "unknown"}, "has no answer"),
    BrokenPart(
        "a worker's end is never written",
        end_of_a_worker_never_numbered,
        UNKNOWN,
        {INTACT: "unknown"},
        "nothing tells of the end",
        SUPERVISOR,
    ),
    BrokenPart(
        "a line of a journal is cut",
        cut_line,
        FAILED,
        {INTACT: "invalid"},
        "",
        SYNC_WORKER,
        also=frozenset({"quiescence"}),  # where the line told of a beginning whose end nobody can place
    ),
)
