"""What repetitions can tell: intervals, and whether two samples differ. The mathematics is SciPy's.

Samples are one figure a repetition; infinity stands for a time that never ended, and ranks above every other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Medians = NDArray[float64]

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
RESAMPLES = 4999
MARGIN = 0.05
"""A median that changed by less than this share is not called a difference, however sure it is."""
FEW_FOR_INTERVAL = 3
"""Below so many repetitions a bootstrap only tells the samples again."""

_SEED = 1729
_EXACT_UP_TO = 20_000

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """How a sample differs from a base.

    `ratio` is the quotient of the medians with its interval (None where a median is 0 or never came), `p` the two-sided
    Mann-Whitney probability, `delta` Cliff's delta in -1…1 (positive: the new values are larger), `can_tell` False if
    no outcome at all of so few repetitions could be significant.
    """

    ratio: float | None
    interval: Interval | None
    p: float
    delta: float
    can_tell: bool

    @property
    def is_beyond_interval(self) -> bool:
        """Say whether the interval excludes that nothing changed; without one, the ranks alone speak."""
        return self.interval is None or not self.interval[0] <= 1 <= self.interval[1]


def wilson(hits: int, of: int) -> Interval:
    """Return the 95 % interval of a share, after Wilson (1927); also 0 of n has one. `of` is at least 1."""
    from scipy.stats import binomtest  # noqa: PLC0415 - heavy, and only reports of repetitions need it

    found = binomtest(hits, of).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return the 95 % percentile-bootstrap interval of the median (Efron 1979); None for too few values.

    The resampling has a fixed seed: the same values always give the same interval.
    """
    if len(values) < FEW_FOR_INTERVAL:
        return None
    return _middle(_resampled_medians(values, 0))


def difference(base: Sequence[float], new: Sequence[float]) -> Difference:
    """Compare two samples that hold at least one value each."""
    ratio, interval = _ratio(base, new)
    can_tell = 2 / math.comb(len(base) + len(new), len(base)) <= ALPHA
    is_constant = len(set(base) | set(new)) == 1
    p = 1.0 if is_constant or not can_tell else _mann_whitney(new, base)
    return Difference(ratio, interval, p, _cliffs_delta(base, new), can_tell)


def discoveries(probabilities: Sequence[float]) -> list[bool]:
    """Say which of several tests are significant together, after Benjamini and Hochberg (1995): 5 % false discoveries.

    Twenty figures tested one by one would cry wolf in every other run.
    """
    if not probabilities:
        return []
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - heavy, and only reports of repetitions need it

    return [bool(adjusted <= ALPHA) for adjusted in false_discovery_control(probabilities)]


def _cliffs_delta(base: Sequence[float], new: Sequence[float]) -> float:
    """Return how much oftener a new value exceeds a base value than the other way round (Cliff 1993)."""
    signs = [(above > below) - (above < below) for below in base for above in new]
    return sum(signs) / len(signs)


def _mann_whitney(new: Sequence[float], base: Sequence[float]) -> float:
    """Return the two-sided probability, which depends on the order of the values alone."""
    places = {value: place for place, value in enumerate(sorted({*new, *base}))}
    ranks = (tuple(sorted(places[value] for value in values)) for values in (new, base))
    return _probability(*ranks, is_tied=len(places) < len(new) + len(base))


@cache
def _probability(new: tuple[int, ...], base: tuple[int, ...], *, is_tied: bool) -> float:
    """Test ranks: exactly while there are few arrangements, over every one of them if there are ties."""
    from scipy.stats import PermutationMethod, mannwhitneyu  # noqa: PLC0415 - heavy, only repetitions need it

    arrangements = math.comb(len(base) + len(new), len(base))
    exact = PermutationMethod(n_resamples=arrangements) if is_tied else "exact"
    method = exact if arrangements <= _EXACT_UP_TO else "asymptotic"
    found = mannwhitneyu(new, base, alternative="two-sided", method=method)
    return min(1.0, float(found.pvalue))


def _ratio(base: Sequence[float], new: Sequence[float]) -> tuple[float | None, Interval | None]:
    below, above = median(base), median(new)
    if not below or math.isinf(below) or math.isinf(above):
        return None, None
    if min(len(base), len(new)) < FEW_FOR_INTERVAL:
        return above / below, None
    return above / below, _middle(_divided(_resampled_medians(base, 1), _resampled_medians(new, 2)))


def _divided(below: "Medians", above: "Medians") -> "Medians":
    """Divide, pair by pair: what never came in both is the same, and anything is more than nothing by any factor."""
    import numpy as np  # noqa: PLC0415 - heavy, and only reports of repetitions need it

    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(below > 0, above / below, math.inf)
    return np.where(np.isinf(below), np.where(np.isinf(above), 1.0, 0.0), ratios)


def _resampled_medians(values: Sequence[float], stream: int) -> "Medians":
    """Return the medians of resamples with replacement; unsorted, so that two of them may be paired."""
    import numpy as np  # noqa: PLC0415 - heavy, and only reports of repetitions need it

    generator = np.random.default_rng((_SEED, stream))
    drawn = np.asarray(values, dtype=float)[generator.integers(0, len(values), (RESAMPLES, len(values)))]
    medians: Medians = np.median(drawn, axis=1)
    return medians


def _middle(values: "Medians") -> Interval:
    """Return the nearest-rank quantiles that hold 95 % between them; they may be infinite."""
    import numpy as np  # noqa: PLC0415 - heavy, and only reports of repetitions need it

    ranked = np.sort(values)
    low, high = (max(0, math.ceil(share * len(ranked)) - 1) for share in (ALPHA / 2, 1 - ALPHA / 2))
    return float(ranked[low]), float(ranked[high])
