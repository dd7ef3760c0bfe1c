"""How often the intervals that are printed cover the truth, for n = 3 … 20 repetitions, and the bootstrap beside them.

Samples are drawn from a skewed distribution (log-normal), as times are. Of one median: what is printed behind it (the
range below six repetitions, order statistics from there on) and the 95 % percentile bootstrap. Of the factor between
two systems: what is printed beside their ratio.
"""

import math
import random
from collections.abc import Sequence
from functools import cache

from harness.comparing.inference import ALPHA, difference, median_interval

SIZES = range(3, 21)
TRIALS = 10_000
MEDIAN, FACTOR = 1.0, 2.0
Interval = tuple[float, float]


def main() -> None:
    chance = random.Random(1)
    print(f"{TRIALS:,} samples of each size; promised: at least 95 % where an interval is printed")
    print(f"{'n':>2}  {'printed':>14}  {'covers':>6}  {'bootstrap':>9}  {'ratio':>6}")
    for n in SIZES:
        samples = [_drawn(n, chance) for _ in range(TRIALS)]
        found = median_interval(samples[0])
        printed = f"order {found[1] * 100:.1f} %" if found else "range"
        cells = (_covers(map(_printed, samples), MEDIAN), _covers(map(_bootstrap, samples), MEDIAN))
        print(f"{n:2}  {printed:>14}  {cells[0]:>6}  {cells[1]:>9}  {_ratios(samples, chance):>6}", flush=True)


def _drawn(n: int, chance: random.Random) -> list[float]:
    return [chance.lognormvariate(math.log(MEDIAN), 0.5) for _ in range(n)]


def _printed(values: Sequence[float]) -> Interval:
    found = median_interval(values)
    return found[0] if found else (min(values), max(values))


def _ratios(samples: Sequence[Sequence[float]], chance: random.Random) -> str:
    """Return how often the factor between each sample and one of another system is covered; "–" if none is printed."""
    others = ([FACTOR * value for value in _drawn(len(values), chance)] for values in samples)
    found = [difference(values, other).interval for values, other in zip(samples, others, strict=True)]
    intervals = [one for one in found if one is not None]
    return _covers(intervals, FACTOR) if intervals else "–"


def _covers(intervals: "map[Interval] | Sequence[Interval]", truth: float) -> str:
    hits = [low <= truth <= high for low, high in intervals]
    return f"{sum(hits) / len(hits) * 100:.1f} %"


# -- the bootstrap, as infinitely many resamples would have it


def _bootstrap(values: Sequence[float]) -> Interval:
    """Return the quantiles of the median over all resamples with replacement, each as probable as it is."""
    ranked, below = sorted(values), 0.0
    medians = sorted(((ranked[i] + ranked[j]) / 2, p) for (i, j), p in _medians(len(values)).items())
    cumulated = [(middle, below := below + p) for middle, p in medians]
    low = next(middle for middle, reached in cumulated if reached >= ALPHA / 2)
    high = next((middle for middle, reached in cumulated if reached >= 1 - ALPHA / 2), ranked[-1])
    return low, high


@cache
def _medians(n: int) -> dict[tuple[int, int], float]:
    """Return how probable it is that the middle of a resample is the mean of the i-th and j-th smallest value.

    The two middle places of an even resample are i < j if just half of it is at most the i-th, and the rest at least
    the j-th. What is left of the probability that the lower one is i falls on i twice, as all of an odd one's does.
    """
    half, is_even = (n + 1) // 2, n % 2 == 0
    at_most = [
        sum(math.comb(n, k) * i**k * (n - i) ** (n - k) for k in range(half, n + 1)) / n**n for i in range(n + 1)
    ]
    found: dict[tuple[int, int], float] = {}
    for i in range(n):
        apart = {(i, j): _apart(n, i, j) for j in range(i + 1, n)} if is_even else {}
        found |= {**apart, (i, i): at_most[i + 1] - at_most[i] - sum(apart.values())}
    return found


def _apart(n: int, i: int, j: int) -> float:
    half = n // 2
    lower = ((i + 1) ** half - i**half) / n**half
    upper = ((n - j) ** half - (n - j - 1) ** half) / n**half
    return math.comb(n, half) * lower * upper
