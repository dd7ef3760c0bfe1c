"""Progress of a suite: a line as each scenario ends, and meanwhile how many have, what runs, and what is left."""

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self, TextIO, TypeVar

from harness.progress.stream import Guarded, is_watched
from harness.progress.tally import in_words, left_of_guess_s
from harness.text import printable

T = TypeVar("T")

EVERY_S = 10.0
TRUSTED_S = 30.0
"""A guess of so many seconds is taken to have been right already: one scenario that breaks at once makes no pace."""
MOST_NAMES = 6
"""How many of the running scenarios a line names."""


@dataclass(frozen=True, slots=True)
class SuiteTally:
    """A suite so far: scenarios that wait, in the order in which they will begin, that run (since when), that ended.

    `guesses` are how long each may take (s); `guessed_s` and `took_s` are what those that ended were to take, and took.
    """

    began: float
    jobs: int
    waiting: tuple[str, ...]
    guesses: Mapping[str, float]
    running: tuple[tuple[str, float], ...] = ()
    ended: int = 0
    guessed_s: float = 0.0
    took_s: float = 0.0

    @property
    def total(self) -> int:
        """How many scenarios there are."""
        return len(self.waiting) + len(self.running) + self.ended

    def with_begun(self, name: str, now: float) -> Self:
        """Return it with a scenario that waited running."""
        return replace(self, waiting=_without(self.waiting, name), running=(*self.running, (name, now)))

    def with_ended(self, name: str, now: float) -> Self:
        """Return it with a scenario that ran at its end."""
        since = next((begun for scenario, begun in self.running if scenario == name), now)
        return replace(
            self,
            running=_without(self.running, (name, since)),
            ended=self.ended + 1,
            guessed_s=self.guessed_s + self.guesses.get(name, 0.0),
            took_s=self.took_s + now - since,
        )

    def left_s(self, now: float) -> float | None:
        """Return when the last scenario will have ended, in seconds from now; None where there is no guess.

        Guesses are stretched as those that ended were wrong, and whatever waits begins as soon as something ends.
        """
        if not self.guesses.keys() >= {*self.waiting, *(name for name, _ in self.running)}:
            return None
        pace = (self.took_s + TRUSTED_S) / (self.guessed_s + TRUSTED_S)
        free_in = [left_of_guess_s(pace * self.guesses[name], now - begun) for name, begun in self.running]
        free_in += [0.0] * (self.jobs - len(free_in))
        heapq.heapify(free_in)
        for name in self.waiting:
            heapq.heapreplace(free_in, free_in[0] + pace * self.guesses[name])
        return max(free_in)

    @property
    def at(self) -> str:
        """How far it has come."""
        return f"{self.ended}/{self.total}"

    def summary_line(self, now: float) -> str:
        """Return how far it has come, what runs and what is left, in one line."""
        names = [printable(Path(name).stem, 40) for name, _ in self.running]
        more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
        running = f"running: {', '.join(names[:MOST_NAMES] + more)}" if names else ""
        where = ", ".join(filter(None, [f"{self.at} ended", running]))
        left = in_words(self.left_s(now)) if self.ended < self.total else ""
        return "; ".join(filter(None, [where, left]))


def _without(many: tuple[T, ...], dropped: T) -> tuple[T, ...]:
    """Leave out the first that is `dropped`."""
    place = many.index(dropped) if dropped in many else len(many)
    return (*many[:place], *many[place + 1 :])


class SuiteView(Protocol):
    """Shows a suite's tally, the latest it was given, and lines that stay."""

    def show(self, tally: SuiteTally) -> None:
        """Show the tally, now or when the time for it has come. It may be called as often as one likes."""

    def say(self, line: str) -> None:
        """Write a line that stays."""

    def done(self) -> None:
        """Leave the stream so that what comes next stands alone."""


class PlainSuite:
    """Writes whole lines, the tally every few seconds."""

    def __init__(self, stream: Guarded, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._shown_at = clock()

    def show(self, tally: SuiteTally) -> None:
        """Write a line if the last one is old."""
        now = self._clock()
        if now - self._shown_at >= EVERY_S:
            self._shown_at = now
            self.say(f"[{now - tally.began:4.0f} s] {tally.summary_line(now)}")

    def say(self, line: str) -> None:
        """Write a line."""
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def done(self) -> None:
        """Leave the lines as they are."""


class SuiteProgress:
    """Keeps the tally of a suite and has it shown on `stream`; whatever becomes of the stream, the suite goes on."""

    def __init__(
        self,
        stream: TextIO,
        scenarios: Sequence[str],
        guesses: Mapping[str, float],
        jobs: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._tally = SuiteTally(clock(), jobs, tuple(scenarios), guesses)
        self._view = _view_on(stream, clock)
        self._view.say(f"{self._tally.total} scenarios, {jobs} at a time")

    def begun(self, scenario: str) -> None:
        """Say that a scenario begins."""
        self._tally = self._tally.with_begun(scenario, self._clock())
        self._view.show(self._tally)

    def ended(self, scenario: str, how: str, words: str = "") -> None:
        """Say how a scenario ended, and what it said of itself."""
        now = self._clock()
        self._tally = self._tally.with_ended(scenario, now)
        self._view.say(f"[{now - self._tally.began:4.0f} s] {self._tally.at} {how}")
        for line in words.splitlines():
            self._view.say(f"    {printable(line, 2000)}")
        self._view.show(self._tally)

    def tick(self) -> None:
        """Say that time has passed."""
        self._view.show(self._tally)

    def done(self) -> None:
        """Say that nothing more will be said."""
        self._view.done()


def _view_on(stream: TextIO, clock: Callable[[], float]) -> SuiteView:
    if not is_watched(stream):
        return PlainSuite(Guarded(stream), clock)
    from harness.progress.live_suite import LiveSuite  # noqa: PLC0415 - only a live view pays for it

    return LiveSuite(Guarded(stream), clock)
