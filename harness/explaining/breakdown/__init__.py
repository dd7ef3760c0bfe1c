"""Unfolding: the rows that make a figure, each with the record that it comes from. Pure.

A module for each group of the catalogue; the rows come from what the group's metrics count, so that they cannot differ.
"""

from dataclasses import replace

from harness.explaining.breakdown import cost, durability, effects, experiment, races, recovery, retries
from harness.explaining.breakdown.row import Row, Unfold
from harness.judging.evidence import Evidence
from harness.judging.metrics.measure import is_open

__all__ = ["Row", "unfold"]

_GROUPS = (durability, effects, retries, recovery, races, cost, experiment)
_ROWS: dict[str, Unfold] = {name: rows for group in _GROUPS for name, rows in group.ROWS.items()}


def unfold(metric: str, evidence: Evidence) -> list[Row]:
    """Return the rows that make a figure of the catalogue, in the order of the tickets, of time, or of the ranks.

    What they add comes to the figure; where that is absent, none of them adds anything.
    """
    rows = _ROWS[metric](evidence)
    return [replace(row, adds=None) for row in rows] if is_open(metric, evidence) else list(rows)
