"""Writes down what was done before it is done: a run's plan, its scenario and its card, each replaced in one step."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.errors import EnvironmentFailure
from harness.live.deeds import Deed, Deeds, Hit
from harness.planning import plan as planning
from harness.planning.plan import Plan
from harness.planning.scenario import Scenario
from harness.planning.writing import write
from harness.runfolder.meta import Meta, write_meta
from harness.runfolder.whole import write_whole
from systems.desk.live.identity import boot_id

REMARK = "What was done by hand, at its moments. `--save` writes the scenario that repeats it."
MANY = 300
SELDOM_S = 15.0
"""With more than so many tickets, the text for people is written only so often, and nobody waits for it: it takes a
second for thousands, and the plan is what is judged."""


class Footing(msgspec.Struct, frozen=True):
    """What a session's folder is gone on with: when it began, on which boot, and what its faults hit.

    `wall` is the wall clock (ns since the epoch) at `began`.
    """

    began: int
    wall: int
    boot: str
    deeds: tuple["DeedNote", ...] = ()


class DeedNote(msgspec.Struct, frozen=True):
    """What a plan does not say of a fault that was done by hand."""

    hits: dict[str, tuple[Hit, ...]]
    durations: dict[int, float]


FOOTING = "session.json"


# Why whoever asks while a write is under way waits for the next one: each ticket must be on disk before it is sent, and
# a plan is written as a whole. One write for all that came meanwhile keeps a burst from costing its square.
@dataclass(slots=True)
class Scribe:
    """Writes the record of `deeds` into a run's `folder`."""

    folder: Path
    meta: Meta
    deeds: Deeds
    began: int
    _asked: int = 0
    _written: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _text_at: float = 0.0
    _text: asyncio.Task[None] | None = None

    async def written(self) -> None:
        """Return once everything that was done until now is on disk."""
        self._asked += 1
        wanted = self._asked
        async with self._lock:
            if self._written >= wanted:
                return
            covered, scenario = self._asked, self.deeds.scenario()
            await asyncio.to_thread(self._write, self.deeds.plan(), self._footing())
            if len(self.deeds.tickets) <= MANY:
                await asyncio.to_thread(self._write_text, scenario)
            elif time.monotonic() > self._text_at + SELDOM_S and (self._text is None or self._text.done()):
                self._text_at = time.monotonic()
                self._text = asyncio.create_task(asyncio.to_thread(self._write_text, scenario))
            self._written = covered

    def finish(self, status: str, problem: str = "") -> None:
        """Write everything for the last time, and how the session ended."""
        self.meta = msgspec.structs.replace(self.meta, status=status, problem=problem)
        self._write(self.deeds.plan(), self._footing())
        self._write_text(self.deeds.scenario())

    def _footing(self) -> Footing:
        notes = tuple(DeedNote(deed.hits, deed.durations) for deed in self.deeds.faults)
        return Footing(self.began, self.began + wall_offset(), boot_id(), notes)

    def _write(self, plan: Plan, footing: Footing) -> None:
        encoded = planning.encode(plan)  # megabytes of it, with thousands of tickets: once
        digest = hashlib.sha256(encoded).hexdigest()
        with self._room():
            write_whole(self.folder / "plan.json", encoded)
            write_whole(self.folder / FOOTING, msgspec.json.encode(footing))
            write_meta(self.folder, msgspec.structs.replace(self.meta, plan_sha256=digest))

    def _write_text(self, scenario: Scenario) -> None:
        with self._room():
            write_whole(self.folder / "scenario.yaml", write(scenario, REMARK).encode())

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EnvironmentFailure(f"cannot write the session's folder {self.folder}: {error}") from error


def wall_offset() -> int:
    """Return by how much the wall clock is ahead of monotonic time, in ns."""
    return time.time_ns() - time.monotonic_ns()


def read_footing(folder: Path) -> Footing:
    """Read what a folder is gone on with; raises OSError or msgspec.DecodeError where it has none."""
    return msgspec.json.decode((folder / FOOTING).read_bytes(), type=Footing)


def restored(plan: Plan, notes: Sequence[DeedNote]) -> Deeds:
    """Return what was done in earlier lives of a folder, from its plan and its notes."""
    by_number = {instance.fault: instance for instance in plan.faults}
    faults = [
        Deed(spec, by_number[number], note.hits, note.durations)
        for number, (spec, note) in enumerate(zip(plan.scenario.faults, notes, strict=True), start=1)
    ]
    return Deeds(plan.scenario, list(plan.tickets), faults)
