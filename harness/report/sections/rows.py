"""The rows of the comparison, from a Result: which metrics are worth a line, what each cell says, and the footnotes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from harness.catalogue import CATALOGUE, HEADLINES, TABLE, Metric
from harness.comparing.aggregate import value_of
from harness.report.sections.columns import acknowledgement, follows_from
from harness.report.sections.overload import overload
from harness.report.sections.races import LOST_UPDATES, given_twice
from harness.report.sections.ranked import MAXIMUM, is_maximum, with_pairs
from harness.report.text.figures import ABSENT, NEVER, over_repetitions
from harness.runfolder.result import Repetition, Result, SystemResult
from harness.text import printable

_SHORT = 32
_SEPARATOR = ","
_MARKS = "¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(slots=True)
class Footnotes:
    """Numbers each distinct note once, in the order in which the table needs them."""

    texts: list[str] = field(default_factory=list)

    def mark(self, text: str) -> str:
        """Return the mark of a note."""
        if text not in self.texts:
            self.texts.append(text)
        number = self.texts.index(text)
        return _MARKS[number] if number < len(_MARKS) else f"({number + 1})"

    def lines(self) -> list[str]:
        """Return the notes as they stand below the table."""
        return [f"{self.mark(text)} {text}" for text in self.texts]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """A line of the table: a group's heading (no cells), or a metric with a cell for each column.

    `name` is what stands before the cells: the metric's own name, or what people call it.
    """

    name: str
    cells: tuple[str, ...] = ()
    metric: str = ""


def rows(result: Result, notes: Footnotes) -> list[ComparisonRow]:
    """Return the rows with their headings; groups without rows are left out."""
    systems = tuple(result.systems.values())
    table_rows: list[ComparisonRow] = []
    for group, names in TABLE.items():
        lines = [_row(CATALOGUE[name], systems, notes) for name in names if _is_telling(name, systems)]
        if lines:
            table_rows += [ComparisonRow(group), *lines]
    return table_rows


def headlines(result: Result, notes: Footnotes) -> list[ComparisonRow]:
    """Return the rows that decide, the important first, under the names that people have for them."""
    systems = tuple(result.systems.values())
    return [
        replace(_row(metric, systems, notes), name=metric.label)
        for metric in HEADLINES
        if _is_telling(metric.name, systems)
    ]


def _is_telling(name: str, systems: Sequence[SystemResult]) -> bool:
    """Say whether a metric says something: one retry amplification is as good as no retry at all."""
    nothing = {None, 0, 1} if CATALOGUE[name].unit == "ratio" else {None, 0}
    values = {value_of(name, repetition) for system in systems for repetition in system.repetitions}
    return CATALOGUE[name].is_always_shown or not values <= nothing


def _row(metric: Metric, systems: Sequence[SystemResult], notes: Footnotes) -> ComparisonRow:
    return ComparisonRow(metric.name, tuple(_cell(metric, system, notes) for system in systems), metric.name)


def _cell(metric: Metric, system: SystemResult, notes: Footnotes) -> str:
    if not system.repetitions:
        return f"{ABSENT} {notes.mark('was not run')}"
    values = [value_of(metric.name, repetition) for repetition in system.repetitions]
    known = [value for value in values if value is not None]
    marks = [
        notes.mark(reason)
        for reason in sorted({_reason(metric.name, repetition) for repetition in _lacking(metric, system)})
    ]
    if not known:
        return f"{ABSENT} {_SEPARATOR.join(marks)}"
    shown = over_repetitions(metric, known, system.aggregates.get(metric.name))
    if NEVER in shown:
        marks.append(notes.mark("never: the percentile falls on something that had not happened when the run ended"))
    # What never happened follows from no time-out.
    cause = "" if shown == NEVER else _cause(metric, system)
    marks += [notes.mark(text) for text in _remarks(metric, system, is_never=shown == NEVER)]
    cell = with_pairs(shown, metric.name, system.repetitions)
    arrow = "←" if metric.group == "recovery" else "·"
    beside = f"{arrow} {cause}" if 0 < len(cause) <= _SHORT else ""
    return " ".join(part for part in (cell, beside, _SEPARATOR.join(marks)) if part)


def _lacking(metric: Metric, system: SystemResult) -> list[Repetition]:
    return [repetition for repetition in system.repetitions if value_of(metric.name, repetition) is None]


def _remarks(metric: Metric, system: SystemResult, *, is_never: bool) -> Iterator[str]:
    """Yield what is to be known of a figure beside its value."""
    if not is_never:
        cause = _cause(metric, system)
        behind = cause if len(cause) > _SHORT else "" if cause else _settings_behind(metric, system)
        if behind:
            yield f"follows from {behind}"
    if is_maximum(metric.name, system.repetitions):
        yield MAXIMUM
    if metric.name == "ack_p95" and (means := acknowledgement(system)):
        yield means
    if metric.name == LOST_UPDATES and (count := given_twice(system.repetitions)):
        yield f"{count} of them {'is an agent' if count == 1 else 'are agents'} given twice: the same write"
    if metric.kind == "time" and any(overload(repetition) is not None for repetition in system.repetitions):
        yield "overloaded: the load was not served as it came, so this figure measures the queue"


def _reason(metric: str, repetition: Repetition) -> str:
    return printable(repetition.absent.get(metric, "no evidence for this figure"))


def _cause(metric: Metric, system: SystemResult) -> str:
    """Say what a figure follows from, where the judge says it: in the cell if it is short, else as a footnote."""
    return next(
        (
            printable(repetition.notes[metric.name])
            for repetition in system.repetitions
            if metric.name in repetition.notes
        ),
        "",
    )


def _settings_behind(metric: Metric, system: SystemResult) -> str:
    """Say which time-outs and intervals a recovery time follows from."""
    if not metric.follows_from_settings:
        return ""
    return ", ".join(f"{name} {value}" for name, value in follows_from(system).items())
