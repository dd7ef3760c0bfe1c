"""A History from a repetition's folder: journals, ledger, audit and residencies, read, merged and paired.

Nothing here raises for what a crash leaves behind: a torn line, a gap, a missing file become facts of the History.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path

import msgspec

from harness.history import run_records
from harness.history.boots import shifts
from harness.history.journals import JournalReader
from harness.history.lines import lines
from harness.history.model import History
from harness.history.phases import RunPhase
from harness.history.store import read_store
from systems.desk.rows import LedgerEntry
from systems.system import Residency, Wedge

OWN = ("supervisor", "harness")
"""Whose journals nobody else tells of."""
_ledger_decoder = msgspec.json.Decoder(LedgerEntry)
_residency_decoder = msgspec.json.Decoder(Residency)
_wedge_decoder = msgspec.json.Decoder(Wedge)
_by_start = attrgetter("started")
_by_time = attrgetter("t")
LIVES = "lives.txt"
"""The file of a session's folder with a line for each of its lives: which process it was."""
BEGINNING = frozenset({RunPhase.START, RunPhase.CANARY, RunPhase.CANARY_FAILED, RunPhase.LOAD})
"""The phases that a folder goes through once, however often it is gone on with."""


def load(folder: Path, label: str, repetition: int) -> History:
    """Read one repetition; `problems` says what could not be read."""
    history = History(label, repetition)
    with without_gc():
        paths = sorted((folder / "journal").glob("*.jsonl"))
        # The supervisor's first: it says which processes there were and when they stood still, which the others are
        # read against.
        moved_by, lives = shifts(paths), _lives(folder)
        for path in sorted(paths, key=lambda path: not path.name.startswith("supervisor")):
            if problem := _why_foreign(path, history, lives):
                history.problems.append(problem)
            else:
                JournalReader(path, history, moved_by.get(path, 0)).read()
        _sort(history)
        history.ledger = lines(folder / "ledger.jsonl", _ledger_decoder, history)
        history.residencies = lines(folder / "histories" / "residency.jsonl", _residency_decoder, history)
        wedges = folder / "histories" / "wedges.jsonl"  # written only where there was any
        history.wedges = lines(wedges, _wedge_decoder, history) if wedges.exists() else []
        history.exported = sum(1 for _ in (folder / "histories").glob("*.json"))
        read_store(folder, history)
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


def _sort(history: History) -> None:
    """Put what came from several files into time order."""
    history.attempts.sort(key=_by_start)
    history.requests.sort(key=lambda record: record.opened)
    history.strikes.sort(key=lambda record: record[1].t)
    history.points.sort(key=lambda record: record[1].t)
    history.submitted.sort(key=_by_time)
    history.answered.sort(key=_by_time)
    history.phases = _of_one_life(sorted(history.phases, key=_by_time))


def _of_one_life(phases: list[run_records.Phase]) -> list[run_records.Phase]:
    """Return the phases as of one run: where a folder was gone on with, an earlier end was none, nor a later start."""
    starts = [at for at, phase in enumerate(phases) if phase.name == RunPhase.START]
    if len(starts) < 2:  # noqa: PLR2004 - the usual: one life
        return phases
    begun = [phase for phase in phases[: starts[1]] if phase.name in BEGINNING]
    return begun + [phase for phase in phases[starts[-1] :] if phase.name not in BEGINNING]
