"""A Measure: how a metric's figure comes about and the rows that make it, registered together.

So the evidence behind a figure always comes with it. A file a group has a `MEASURES` of them, by the metric's name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from harness.judging.evidence import Evidence
from harness.judging.metrics import row
from harness.judging.metrics.figure import Absent, Figure, percentile
from harness.judging.metrics.row import Row, Say, became

S = TypeVar("S", bound=Sized)
Values = Callable[[Evidence], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric's figure, and its rows in the order of the tickets, of time, or of the ranks.

    `tickets`: those that it counts, where it is of tickets. `values`: those over which it ranks, where it is a
    percentile. `note`: what is to be known beside the figure; empty where there is nothing.
    """

    figure: Callable[[Evidence], Figure]
    rows: Callable[[Evidence], Iterable[Row]]
    tickets: Callable[[Evidence], Iterable[int]] | None = None
    values: Values | None = None
    note: Callable[[Evidence], str] | None = None


def of_tickets(find: Callable[[Evidence], Sequence[int]], say: Say = became) -> Measure:
    """Count tickets, each a row, with what there is to say of it: what became of it, if nothing else."""
    return Measure(partial(_count, find), partial(_tickets, find, say), tickets=find)


def counted(find: Callable[[Evidence], S], rows: Callable[[Evidence], Iterable[Row]]) -> Measure:
    """Count what a function finds; its rows say each by itself."""
    return Measure(partial(_count, find), rows)


def percentiles(
    family: str,
    shares: Mapping[str, float],
    values: Values,
    rows: Callable[[Evidence], Iterable[tuple[float, Row]]],
    why_none: str,
) -> dict[str, Measure]:
    """Rank values, each with its row: a figure `family_<name>` for each share, absent over nothing."""
    return {
        # Figure and rows rank the same values, so the row that a percentile names is the one that it is.
        f"{family}_{name}": Measure(
            partial(_percentile, values, share, why_none), partial(_ranked, rows, share), values=values
        )
        for name, share in shares.items()
    }


def _count(find: Callable[[Evidence], Sized], evidence: Evidence) -> int:
    return len(find(evidence))


def _tickets(find: Callable[[Evidence], Iterable[int]], say: Say, evidence: Evidence) -> Iterable[Row]:
    return row.of_tickets(evidence, find(evidence), say)


def _percentile(values: Values, share: float, why_none: str, evidence: Evidence) -> Figure:
    ranking = values(evidence)
    return percentile(ranking, share) if ranking else Absent(why_none)


def _ranked(rows: Callable[[Evidence], Iterable[tuple[float, Row]]], share: float, evidence: Evidence) -> Iterable[Row]:
    return row.ranked(rows(evidence), share)
