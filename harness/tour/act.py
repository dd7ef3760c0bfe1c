"""An act of the tour as a value: its question, the scenarios that it runs, what is said of their results. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import value_of
from harness.report.text.figures import figure, seconds
from harness.runfolder.result import Repetition, Result
from harness.text import printable

SERVICE, WORKFLOWS = "sync", "temporal"
"""The two columns that every act sets against each other, as its scenario labels them."""
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ActColumn:
    """A system in a run of an act: its only repetition, if there is any, and the most threads that it was sampled with.

    A figure that is absent, or that a broken run leaves open, is unknown; nothing stands in its place.
    """

    label: str
    repetition: Repetition | None
    most_threads: int | None = None

    def value(self, metric: str) -> float | None:
        """Return a figure, infinity where it never came, None where it is unknown."""
        return None if self.repetition is None else value_of(metric, self.repetition)

    def counted(self, metric: str, noun: str) -> str:
        """Return a count with its noun: "3 agents", "1 agent", "no agents", "an unknown number of agents"."""
        value = self.value(metric)
        if value is None:
            return f"an {UNKNOWN} number of {noun}s"
        return f"{figure(value, 'count') if value else 'no'} {noun}{'' if value == 1 else 's'}"

    def of_tickets(self, metric: str) -> str:
        """Return a count of tickets, and of how many: "3 of 16 tickets"."""
        value = self.value(metric)
        many = f"an {UNKNOWN} number" if value is None else figure(value, "count") if value else "none"
        return f"{many} of {self.amount('submitted')} tickets"

    def amount(self, metric: str) -> str:
        """Return a figure with its unit: "0.23 s", "never", "unknown (no ticket finished)"."""
        value = self.value(metric)
        reason = self.repetition.absent.get(metric, "") if self.repetition is not None and value is None else ""
        shown = amount(value, CATALOGUE[metric].unit)
        return f"{shown} ({printable(reason)})" if reason else shown

    @property
    def threads(self) -> str:
        """The most threads, in words."""
        return amount(self.most_threads, "count")


def amount(value: float | None, unit: str) -> str:
    """Return a figure with its unit; infinity is "never", None "unknown"."""
    if value is None:
        return UNKNOWN
    return "never" if math.isinf(value) else figure(value, unit)


@dataclass(frozen=True, slots=True)
class ActRun:
    """A scenario of an act that was run; `most_threads` is by label, None where no sample says."""

    scenario: str
    result: Result
    folder: str
    most_threads: Mapping[str, int | None] = field(default_factory=dict)

    def column(self, label: str) -> ActColumn:
        """Return a system of the run; one that was not reached has no figures."""
        system = self.result.systems.get(label)
        repetition = system.repetitions[0] if system is not None and system.repetitions else None
        return ActColumn(label, repetition, self.most_threads.get(label))


Runs = Sequence[ActRun]
"""The runs of an act in the order of its scenarios; an interrupted act lacks the last ones."""


@dataclass(frozen=True, slots=True)
class ActLine:
    """A line of the table at the end: what was measured, in the service and in the workflows."""

    what: str
    service: str
    workflows: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    `before` is the sentence that leads to it. `after` gives two sentences with the figures, `lines` its part of the
    table; both are functions of the act's runs alone, and are not called where an act has not been run to its end.
    `base` are the columns that the price is read from, of the last run.
    """

    name: str
    title: str
    before: str
    scenarios: tuple[str, ...]
    after: Callable[[Runs], tuple[str, str]]
    lines: Callable[[Runs], tuple[ActLine, ...]]
    base: tuple[str, str] = (SERVICE, WORKFLOWS)

    def price(self, runs: Runs) -> str:
        """Say what it cost."""
        costs = []
        for label in self.base:
            column = cost_run(self, runs).column(label)
            costs.append(f"{label} {column.amount('cpu_per_ticket')} and {column.amount('peak_rss')}")
        return f"The price, in CPU for each finished ticket and memory at its peak: {'; '.join(costs)}."


def cost_run(act: Act, runs: Runs) -> ActRun:
    """Return the last run that has the columns of the act's price."""
    return next((run for run in reversed(runs) if set(act.base) & set(run.result.systems)), runs[-1])


def pair(run: ActRun) -> tuple[ActColumn, ActColumn]:
    """Return the service's and the workflows' column."""
    return run.column(SERVICE), run.column(WORKFLOWS)


def each(columns: Sequence[ActColumn], words: Callable[[ActColumn], str]) -> str:
    """Return what each of the columns did, behind its label: "sync did this; temporal did that"."""
    return "; ".join(f"{column.label} {words(column)}" for column in columns)


def line(what: str, columns: Sequence[ActColumn], metric: str) -> ActLine:
    """Return a line of the table with a metric of two columns."""
    service, workflows = columns
    return ActLine(what, service.amount(metric), workflows.amount(metric))


def resumption(column: ActColumn) -> str:
    """Say how soon a system took interrupted work up again."""
    took_up, took = "took interrupted work up again", column.value("resume_p50")
    if took is None:
        return f"{took_up} after a time that is {column.amount('resume_p50')}"
    return f"never {took_up}" if math.isinf(took) else f"{took_up} after {seconds(took)} (median)"
