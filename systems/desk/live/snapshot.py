"""A ticket as one read of the store saw it."""

from dataclasses import dataclass

import msgspec

from systems.desk.rows import TimelineEntry

_entry_decoder = msgspec.json.Decoder(TimelineEntry)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ticket as one read saw it; `row` is its row's key, `timeline` its text as stored."""

    row: int
    number: int
    priority: str
    version: int
    state: str
    agent: str | None
    walker: str
    timeline: str

    def entries(self) -> list[TimelineEntry]:
        """Decode the timeline, oldest first."""
        return [_entry_decoder.decode(line) for line in self.timeline.splitlines()]

    def recorded(self, step: str, visit: int) -> TimelineEntry | None:
        """Return what an earlier attempt of the step instance recorded, if one did."""
        return next((e for e in self.entries() if (e.step, e.visit) == (step, visit)), None)
