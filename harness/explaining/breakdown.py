"""Unfolding: the rows that make a figure, each with the record that it comes from. Pure.

They are registered with the figure, and come from what it counts, so that they cannot differ.
"""

from dataclasses import replace

from harness.judging.evidence import Evidence
from harness.judging.metrics.measure import MEASURES, is_open
from harness.judging.metrics.row import Row

__all__ = ["Row", "unfold"]


def unfold(metric: str, evidence: Evidence) -> list[Row]:
    """Return the rows that make a figure of the catalogue, in the order of the tickets, of time, or of the ranks.

    What they add comes to the figure; where that is absent, none of them adds anything.
    """
    rows = MEASURES[metric].rows(evidence)
    return [replace(row, adds=None) for row in rows] if is_open(metric, evidence) else list(rows)
