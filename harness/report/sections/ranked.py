"""Over how many pairs a percentile of recovery ranks, from a Result: what it is worth stands beside it."""

from collections.abc import Sequence

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import value_of
from harness.report.text.figures import NEVER
from harness.runfolder.result import Repetition

FAMILIES = frozenset({metric.family for metric in CATALOGUE.values() if metric.group == "recovery" and metric.family})
"""Figures that rank over pairs of a fault and a ticket, of which there may be very few."""
ENOUGH = 20
"""Of fewer values the 95th percentile is the largest."""
MAXIMUM = f"the maximum: fewer than {ENOUGH} pairs"


def with_pairs(cell: str, metric: str, repetitions: Sequence[Repetition]) -> str:
    """Return a cell with the number of pairs behind it: `2.5 s (of 5)`, or `2.5 s (2.1 … 3 s, of 4–7)`."""
    counts = pairs(metric, repetitions)
    if not counts:
        return cell
    low, high = min(counts), max(counts)
    many = f"of {low}" if low == high else f"of {low}–{high}"
    return f"{cell[:-1]}, {many})" if cell.endswith(")") else f"{cell} ({many})"


def is_maximum(metric: str, repetitions: Sequence[Repetition]) -> bool:
    """Say whether a 95th percentile is the largest value, as there are too few for anything else."""
    return metric.endswith("_p95") and any(count < ENOUGH for count in pairs(metric, repetitions))


def is_never(cell: str) -> bool:
    """Say whether a cell says only that it never came, over however many pairs."""
    return cell == NEVER or cell.startswith(f"{NEVER[:-1]}, of ")


def pairs(metric: str, repetitions: Sequence[Repetition]) -> list[int]:
    """Return the number of pairs behind a figure in each repetition that has it; none for what ranks over no pairs."""
    family = CATALOGUE[metric].family
    if family not in FAMILIES:
        return []
    return [
        repetition.pairs[family]
        for repetition in repetitions
        if family in repetition.pairs and value_of(metric, repetition) is not None
    ]
