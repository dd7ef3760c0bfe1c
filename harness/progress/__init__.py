"""Progress for the person who waits: a live view on a terminal, plain lines in a log."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TextIO

from harness.progress.plain import Plain
from harness.progress.stream import Guarded, is_watched
from harness.progress.tally import Counts, RunTally


class View(Protocol):
    """Shows a tally, the latest it was given. It may be called as often as one likes."""

    def phase(self, tally: RunTally) -> None:
        """Show that a phase begins."""

    def update(self, tally: RunTally) -> None:
        """Show how far the phase has come, now or when the time for it has come."""

    def done(self) -> None:
        """Leave the stream so that what comes next stands alone."""


class Progress:
    """Keeps the tally of a run and has it shown on `stream`; whatever becomes of the stream, the run goes on."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tally = RunTally(began=clock())
        self._view = progress_on(stream, clock)

    def begin(self, systems: Sequence[str], repetitions: int, tickets: int, guess_s: float | None = None) -> None:
        """Say what the run consists of: so many repetitions of each system, of so many tickets each.

        `guess_s` is what one of them may take: it counts for a system until its first has ended.
        """
        self._tally = self._tally.of(systems, repetitions, tickets, guess_s)

    def phase(self, system: str, repetition: int, repetitions: int, name: str) -> None:
        """Say that a system's repetition enters the phase `name`."""
        self._tally = self._tally.entered(system, repetition, repetitions, name, self._clock())
        self._view.phase(self._tally)

    def update(
        self, *, finished: int, submitted: int, total: int, landed: int, planned: int, in_flight: int, given_up: int = 0
    ) -> None:
        """Say how far the load has come. `given_up`: the client did, and the ticket has not come to an end so far."""
        counts = Counts(finished, given_up, submitted, total, in_flight, landed, planned)
        self._tally = self._tally.counted(counts)
        self._view.update(self._tally)

    def done(self) -> None:
        """Say that nothing more will be said."""
        self._view.done()


def progress_on(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> View:
    """Choose the view for a stream: live where a person watches it, else plain lines."""
    if not is_watched(stream):
        return Plain(Guarded(stream), clock)
    from harness.progress.live import Live  # noqa: PLC0415 - only a live view pays for it

    return Live(Guarded(stream), clock)
