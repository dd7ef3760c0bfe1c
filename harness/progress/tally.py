"""A tally of a run so far: what each system came to over its repetitions, and how long the rest will take.

Values only: every step makes a new tally, so that a thread that paints one never sees it half changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from statistics import median
from typing import Self

Marks = tuple[tuple[str, float], ...]
"""The phases of a repetition with the moment each was entered (s); of one that ended, the last is ("", its end)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tickets, and fault instances, of one repetition or of several."""

    finished: int = 0
    given_up: int = 0
    submitted: int = 0
    total: int = 0
    in_flight: int = 0
    landed: int = 0
    planned: int = 0

    def __add__(self, more: Self) -> Self:
        return replace(self, **{f.name: getattr(self, f.name) + getattr(more, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class SystemProgress:
    """One system: repetitions that ended (`laps`, and `before`, what they came to), and the one under way, if any."""

    label: str
    laps: tuple[Marks, ...] = ()
    before: Counts = Counts()
    number: int = 0
    marks: Marks = ()
    now: Counts = Counts()

    @property
    def counts(self) -> Counts:
        """What all repetitions so far came to."""
        return self.before + self.now

    @property
    def phase(self) -> str:
        """The phase of the repetition under way."""
        return self.marks[-1][0] if self.marks else ""

    def entered(self, number: int, phase: str, now: float) -> Self:
        """Return it with a phase entered; another number ends the repetition before."""
        fresh = self if number == self.number else replace(self.ended(now), number=number)
        return replace(fresh, marks=(*fresh.marks, (phase, now)))

    def ended(self, now: float) -> Self:
        """Return it with the repetition under way, if any, at its end."""
        if not self.marks:
            return self
        before = replace(self.counts, in_flight=0)
        return replace(self, laps=(*self.laps, (*self.marks, ("", now))), marks=(), before=before, now=Counts())

    def left_s(self, repetitions: int, now: float, guess_s: float | None = None) -> float | None:
        """Return what its remaining repetitions will take at the pace of those that ended.

        Before the first one has, they are guessed to take `guess_s` each; None without a guess.
        """
        to_begin = repetitions - len(self.laps) - bool(self.marks)
        if not to_begin and not self.marks:
            return 0.0
        if not self.laps:
            return None if guess_s is None else to_begin * guess_s + self._left_of_guess_s(guess_s, now)
        whole = median(lap[-1][1] - lap[0][1] for lap in self.laps)
        return to_begin * whole + (self._left_of_lap_s(whole, now) if self.marks else 0.0)

    def _left_of_guess_s(self, guess_s: float, now: float) -> float:
        return left_of_guess_s(guess_s, now - self.marks[0][1]) if self.marks else 0.0

    def _left_of_lap_s(self, whole: float, now: float) -> float:
        """Return what is left of this phase and what comes after it; of the whole, where it never came before."""
        spans = [span for lap in self.laps if (span := _span(lap, self.phase)) is not None]
        if not spans:
            return max(0.0, whole - (now - self.marks[0][1]))
        this_phase = median(span[0] for span in spans)
        after = median(span[1] for span in spans)
        return max(0.0, this_phase - (now - self.marks[-1][1])) + after


def left_of_guess_s(guess_s: float, spent_s: float) -> float:
    """Return what is left of a guess; what outlasts it is taken to be at four fifths, so that it is never used up."""
    return max(guess_s - spent_s, spent_s / 4)


def _span(lap: Marks, phase: str) -> tuple[float, float] | None:
    """Return how long a phase of a past repetition took, and what came after it; None where it had none such."""
    for (name, entered), (_, left) in pairwise(lap):
        if name == phase:
            return left - entered, lap[-1][1] - left
    return None


@dataclass(frozen=True, slots=True)
class RunTally:
    """All systems of a run, each with so many repetitions of so many tickets; one of them, `running`, has its turn.

    `guess_s` is what one repetition may take, as long as nothing better is known.
    """

    began: float
    repetitions: int = 1
    tickets: int = 0
    columns: tuple[SystemProgress, ...] = ()
    running: str = ""
    guess_s: float | None = None

    def of(self, systems: Sequence[str], repetitions: int, tickets: int, guess_s: float | None = None) -> Self:
        """Return it with all its systems, before any of them begins."""
        columns = tuple(map(SystemProgress, systems))
        return replace(self, columns=columns, repetitions=repetitions, tickets=tickets, guess_s=guess_s)

    def entered(self, system: str, number: int, repetitions: int, phase: str, now: float) -> Self:
        """Return it with a phase entered by a system's repetition; the turn of any other is over."""
        columns_so_far = self.columns if self.column(system) else (*self.columns, SystemProgress(system))
        columns = tuple(
            column.entered(number, phase, now) if column.label == system else column.ended(now)
            for column in columns_so_far
        )
        return replace(self, columns=columns, repetitions=repetitions, running=system)

    def counted(self, counts: Counts) -> Self:
        """Return it with what the repetition under way has come to."""
        columns = tuple(
            replace(column, now=counts) if column.label == self.running else column for column in self.columns
        )
        return replace(self, columns=columns, tickets=counts.total)

    def column(self, system: str) -> SystemProgress | None:
        """Return the column of that label."""
        return next((column for column in self.columns if column.label == system), None)

    @property
    def place(self) -> str:
        """Where the run is: system, repetition, phase."""
        column = self.column(self.running)
        if column is None:
            return ""
        which = "" if self.repetitions == 1 else f" {column.number}/{self.repetitions}"
        return f"{column.label}{which}: {column.phase}"

    def left_s(self, now: float) -> float | None:
        """Return when the last repetition will have ended, in seconds from now; None while a system has no pace yet."""
        estimates = [column.left_s(self.repetitions, now, self.guess_s) for column in self.columns]
        remaining_s = [estimate for estimate in estimates if estimate is not None]
        return sum(remaining_s) if remaining_s and len(remaining_s) == len(estimates) else None


def in_words(left_s: float | None) -> str:
    """Return a time that is left, no finer than it is known; nothing where it is not."""
    if left_s is None:
        return ""
    if left_s < 7.5:  # noqa: PLR2004 - below, a rounded figure would say 5 or nothing
        return "a few seconds left"
    if left_s < 90:  # noqa: PLR2004 - as one says it
        return f"about {5 * round(left_s / 5)} s left"
    minutes = round(left_s / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {minutes / 60:.1f} h left"  # noqa: PLR2004 - as above
