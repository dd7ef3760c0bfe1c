"""The counts of a page with the rows that make them, from Pictures, and where on the page each count leads."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.catalogue import CATALOGUE, TABLE
from harness.comparing.aggregate import values_of
from harness.explaining.breakdown import Row
from harness.explaining.timeline import MOST_ROWS, Picture
from harness.report.page.ticket_sections import CLASSES, Pictures, list_anchor, story_anchor
from harness.report.sections.tradeoffs import shown
from harness.runfolder.result import Result, SystemResult
from harness.text import printable
from systems.desk.model import ticket_id

PAGE_ROWS = 6000
"""How many rows a page shows, over all counts, systems and repetitions; of each it shows one at the least."""
EVERYTHING = tuple(name for names in TABLE.values() for name in names if CATALOGUE[name].is_everything)
"""The counts that nearly every ticket, message or step makes: a command lists them, the page does not."""
EVERYTHING_ANCHOR = "everything"


@dataclass(frozen=True, slots=True)
class Line:
    """A row that makes a count: its ticket, the anchor of that ticket's story (empty: none is told), its record."""

    ticket: str
    story: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one repetition; `command` lists them all."""

    repetition: int
    lines: tuple[Line, ...]
    left_out: int
    command: str


@dataclass(frozen=True, slots=True)
class Count:
    """A count of one system, as the comparison shows it."""

    anchor: str
    metric: str
    value: str
    meaning: str
    parts: tuple[Part, ...]


def counts(result: Result, pictures: Pictures) -> dict[str, list[Count]]:
    """Return the counts that have rows, by system, in the order of the comparison."""
    most = _most(pictures)
    by_label = {
        label: list(_counts(label, system, pictures.get(label, {}), most)) for label, system in result.systems.items()
    }
    return {label: of_system for label, of_system in by_label.items() if of_system}


def everything(result: Result) -> list[str]:
    """Return the counts that are everything, and not zero everywhere."""
    return [name for name in EVERYTHING if any(_is_counted(name, system) for system in result.systems.values())]


def link(metric: str, label: str, system: SystemResult, of_label: Mapping[int, Picture]) -> str:
    """Return the anchor of what makes a figure of a system: tickets, rows, or a word; empty where nothing does."""
    if metric in EVERYTHING:
        return EVERYTHING_ANCHOR if _is_counted(metric, system) else ""
    has_tickets = metric in CLASSES and any(picture.affected.get(metric) for picture in of_label.values())
    return list_anchor(metric, label) if has_tickets or _has_rows(metric, of_label) else ""


def _is_counted(metric: str, system: SystemResult) -> bool:
    return any(values_of(metric, system.repetitions))


def _has_rows(metric: str, of_label: Mapping[int, Picture]) -> bool:
    return any(metric in picture.unfolded for picture in of_label.values())


def _most(pictures: Pictures) -> int:
    """Return how many rows of a count and repetition there is room for."""
    # Shared out evenly: first come, first served would leave the last systems of a long run without any evidence.
    lists = sum(len(picture.unfolded) for of_label in pictures.values() for picture in of_label.values())
    return min(MOST_ROWS, max(1, PAGE_ROWS // max(1, lists)))


def _counts(label: str, system: SystemResult, of_label: Mapping[int, Picture], most: int) -> Iterator[Count]:
    for name in (name for names in TABLE.values() for name in names):
        if _has_rows(name, of_label):
            yield _count(name, label, system, of_label, most)


def _count(metric: str, label: str, system: SystemResult, of_label: Mapping[int, Picture], most: int) -> Count:
    return Count(
        anchor=list_anchor(metric, label),
        metric=metric,
        value=shown(metric, system),
        meaning=CATALOGUE[metric].meaning,
        parts=tuple(_parts(metric, label, of_label, most)),
    )


def _parts(metric: str, label: str, of_label: Mapping[int, Picture], most: int) -> Iterator[Part]:
    for number, picture in of_label.items():
        if metric in picture.unfolded:
            known = picture.unfolded[metric]
            lines = tuple(_line(row, label, picture) for row in known.rows[:most])
            which = f" --repetition {number}" if len(of_label) > 1 else ""
            command = f"chaos explain RUN {shlex.quote(printable(f'{label}.{metric}', 120))}{which}"
            yield Part(number, lines, known.left_out + len(known.rows) - len(lines), command)


def _line(row: Row, label: str, picture: Picture) -> Line:
    if row.ticket is None:
        return Line("", "", printable(row.text), printable(row.source, 120))
    name = ticket_id(row.ticket)
    story = story_anchor(label, picture.repetition, row.ticket) if row.ticket in picture.stories else ""
    return Line(name, story, printable(row.text.removeprefix(name)), printable(row.source, 120))
