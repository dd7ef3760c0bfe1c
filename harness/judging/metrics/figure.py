"""A Figure: a number, one that is censored (it never came), or none at all, with the reason."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CENSORED = math.inf
"""A time that never ended: JSON null, and the name in `censored`."""

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Absent:
    """No data, hence no figure."""

    why: str


Figure = int | float | Absent
Figures = dict[str, Figure]


def seconds(ns: float) -> float:
    """Turn nanoseconds into seconds, to the microsecond."""
    return round(ns / SECOND, 6)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the smallest value that at least `share` of all do not exceed.

    Hyndman & Fan (1996), type 1. `values` may hold infinities; raises ValueError for an empty sequence.
    """
    if not values:
        raise ValueError("a percentile over nothing does not exist")
    # No interpolation: between a time and one that never came there is no value, and a figure that is one of the values
    # leads to its ticket.
    return sorted(values)[rank(len(values), share)]


def rank(count: int, share: float) -> int:
    """Return the place, from 0, at which the percentile stands among `count` sorted values."""
    return max(0, math.ceil(share * count) - 1)
