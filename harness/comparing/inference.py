"""What repetitions can tell: intervals, whether two samples differ, and how many tests may be believed together.

Samples are one figure a repetition; infinity stands for a time that never ended, and ranks above every other. All of
it is exact for the few repetitions that runs have, and rests on the order of the values alone: nothing is resampled,
and no shape of a distribution is assumed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from statistics import NormalDist, median

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
# Significance is no size: with many repetitions a test sees differences that nobody would convert a service for.
MARGIN = 0.05
"""A median that changed by less than this share is not called a difference, however sure it is."""

_EXACT_UP_TO = 24
"""So many values of both samples are counted out; of more the normal approximation is as good, and takes no time."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """How a sample differs from a base.

    `ratio` is the quotient of the medians, which stand beside it wherever it is shown (None where that of the base is 0
    or either never came), `interval` the 95 % interval of the factor between the two; `p` the two-sided Mann-Whitney
    probability, `delta` Cliff's delta in -1…1 (positive: the new values are larger), `least_p` the smallest `p` that so
    few values can have at all.
    """

    ratio: float | None
    interval: Interval | None
    p: float
    delta: float
    least_p: float


def wilson(hits: int, of: int) -> Interval:
    """Return the 95 % interval of a share (Wilson 1927, JASA 22); also 0 of n has one. `of` is at least 1."""
    # The score interval, p̂ ± z·√(p̂(1 - p̂)/n) solved for the share itself rather than read at p̂: near 0 and 1, where
    # losses are, Wald's own interval shrinks to a point. For 0 of n its upper end is z²/(n + z²), 43 % for none in
    # five.
    z = NormalDist().inv_cdf(1 - ALPHA / 2)
    middle = hits + z * z / 2
    reach = z * math.sqrt(hits * (of - hits) / of + z * z / 4)
    low, high = (middle - reach) / (of + z * z), (middle + reach) / (of + z * z)
    # By the formula these ends are exactly 0 and 1; what rounding leaves of them would be printed.
    return (low if hits else 0.0), (high if hits < of else 1.0)


def median_interval(values: Sequence[float]) -> tuple[Interval, float] | None:
    """Return an interval of the median with the probability that it covers it, at least 95 %; None below six values.

    It is the narrowest pair of order statistics that lie as far from either end (Thompson 1936): each value is below
    the median with probability ½, whatever it is distributed like, so the coverage is a sum of binomial terms.
    """
    place = _place(len(values))
    if not place:
        return None
    ranked = sorted(values)
    return (ranked[place - 1], ranked[-place]), coverage(len(values), place)


def coverage(count: int, place: int) -> float:
    """Return how often the `place`-th smallest and the `place`-th largest of so many values enclose the median."""
    # The median is missed below if fewer than `place` of the n values lie under it, and above likewise: two tails of
    # the binomial distribution with share ½. Six values give 96.9 % between their ends, five only 93.8 %.
    return float(1 - 2 * sum(math.comb(count, below) for below in range(place)) / 2**count)


@cache
def _place(count: int) -> int:
    """Return how far from the ends the narrowest pair stands that covers enough; 0 if not even the ends do."""
    return max((place for place in range(1, count // 2 + 1) if coverage(count, place) >= CONFIDENCE), default=0)


def difference(base: Sequence[float], new: Sequence[float]) -> Difference:
    """Compare two samples that hold at least one value each."""
    p, ratio = mann_whitney(new, base), _ratio(base, new)
    # Without a quotient of medians there is nothing that an interval of factors could stand beside.
    interval = None if ratio is None else _factor_interval(base, new, ratio, p)
    return Difference(ratio, interval, p, _cliffs_delta(base, new), least_p(len(base), len(new)))


def least_p(base: int, new: int) -> float:
    """Return the smallest probability that samples of these sizes can have: all of one above all of the other."""
    return _two_sided(new, (1,) * (base + new), new * (new + 1))


def bound(probabilities: Sequence[float]) -> float:
    """Return what a probability may be at most to be significant among these; below 0 where none is.

    So at most 5 % of those that are significant together are false: Benjamini and Hochberg 1995, J. R. Stat. Soc.
    B 57. Twenty figures tested one by one would cry wolf in every other run.
    """
    # The step-up procedure: the largest p(k) with p(k) ≤ alpha·k/m bounds all that are accepted, so that a smaller one
    # is accepted even where its own inequality fails. The share of false ones is bounded for tests that are independent
    # or depend on each other positively (Benjamini and Yekutieli 2001).
    ranked = enumerate(sorted(probabilities), start=1)
    return max((p for place, p in ranked if p * len(probabilities) / place <= ALPHA), default=-1.0)


def mann_whitney(new: Sequence[float], base: Sequence[float]) -> float:
    """Return the two-sided probability that ranks so uneven come by chance (Mann and Whitney 1947, with midranks).

    It is exact, over all arrangements of these values, ties included; of many values it is the normal approximation
    with its corrections for ties and for continuity.
    """
    # A midrank may be a half. Doubled it is a whole number, so that rank sums are compared exactly and can be keys.
    groups = [(value, len(list(same))) for value, same in groupby(sorted([*new, *base]))]
    doubled, before = {}, 0
    for value, size in groups:
        doubled[value] = 2 * before + size + 1
        before += size
    return _two_sided(len(new), tuple(size for _, size in groups), sum(doubled[value] for value in new))


@cache
def _two_sided(taken: int, sizes: tuple[int, ...], rank_sum: int) -> float:
    """Test the doubled rank sum of `taken` values among groups of equal ones, of these sizes, in ascending order."""
    if sum(sizes) > _EXACT_UP_TO:
        return _approximated(taken, sizes, rank_sum)
    # Under ties the distribution is not symmetric, so both tails are counted out; the smaller one is doubled.
    ways = _ways(taken, sizes)
    below = sum(count for at, count in ways.items() if at <= rank_sum)
    above = sum(count for at, count in ways.items() if at >= rank_sum)
    return min(1.0, 2 * min(below, above) / sum(ways.values()))


@cache
def _ways(taken: int, sizes: tuple[int, ...]) -> dict[int, int]:
    """Count the arrangements by doubled rank sum, group by group, as one multiplies out the generating function."""
    # There are millions of arrangements of 12 and 12 values, but only a few hundred rank sums: counting by sum is what
    # makes the exact test affordable. Which of equal values are drawn does not matter, hence the binomial factor.
    ways: list[dict[int, int]] = [{0: 1}, *({} for _ in range(taken))]
    before = 0
    for size in sizes:
        rank = 2 * before + size + 1
        # Downwards, so that what this group adds to a smaller count is not drawn from it a second time.
        for count in range(taken, 0, -1):
            for drawn in range(1, min(size, count) + 1):
                for total, arrangements in ways[count - drawn].items():
                    at = total + drawn * rank
                    ways[count][at] = ways[count].get(at, 0) + arrangements * math.comb(size, drawn)
        before += size
    return ways[taken]


def _approximated(taken: int, sizes: tuple[int, ...], rank_sum: int) -> float:
    count = sum(sizes)
    # Variance of the rank sum with ties: m·n/12 · (N + 1 - Σ(t³ - t)/(N(N - 1))), after Hollander, Wolfe and Chicken
    # 2014, section 4.1; `rank_sum` is doubled, and so is the mean that it is held against.
    ties = sum(size**3 - size for size in sizes) / (count * (count - 1))
    spread = math.sqrt(taken * (count - taken) * (count + 1 - ties) / 12)
    off = abs(rank_sum - taken * (count + 1)) / 2 - 0.5
    # The continuity correction takes a sum at its very mean below 0, where erfc exceeds 1. Without any spread all
    # values are the same.
    return min(1.0, math.erfc(off / spread / math.sqrt(2))) if spread else 1.0


def _cliffs_delta(base: Sequence[float], new: Sequence[float]) -> float:
    """Return how much oftener a new value exceeds a base value than the other way round (Cliff 1993)."""
    # P(new > base) - P(new < base), the same ordering as Mann-Whitney's U (δ = 2U/mn - 1): size and test never disagree
    # in direction. It holds for infinities, where a difference of means has no value.
    signs = [(above > below) - (above < below) for below in base for above in new]
    return sum(signs) / len(signs)


def _ratio(base: Sequence[float], new: Sequence[float]) -> float | None:
    below, above = median(base), median(new)
    return None if not below or math.isinf(below) or math.isinf(above) else above / below


def _factor_interval(base: Sequence[float], new: Sequence[float], ratio: float, p: float) -> Interval | None:
    """Return the factors that the rank test does not reject; None where so few values leave none out.

    Dividing the new values by a factor and testing them against the base rejects it just if too few of all quotients
    new/base lie on one side of it: so the ends are two of the quotients (Moses 1953; Hollander, Wolfe and Chicken 2014,
    section 4.3), and cover the factor in at least 95 %. The quotient of the medians is among them, but for curious
    samples of more than ten values, for which they are made to reach it.
    """
    place = _quotients_left_out(len(base), len(new))
    if not place:
        return None
    # The way of Hodges and Lehmann 1963, with quotients in place of differences, as times differ by factors. The median
    # quotient would be the matching estimate; the quotient of medians is shown, as both medians stand beside it.
    quotients = sorted(_quotient(above, below) for below in base for above in new)
    interval = min(quotients[place - 1], ratio), max(quotients[-place], ratio)
    return agreeing(interval, p)


def agreeing(interval: Interval, p: float) -> Interval | None:
    """Let the interval say of "nothing changed" what the test says.

    Without ties the two are one. With ties the test counts the arrangements of just these values, and may differ from
    the quotients by a hair: what it does not reject is taken in, and an interval that holds what it rejects is none.
    """
    low, high = interval
    if p > ALPHA:
        return min(low, 1.0), max(high, 1.0)
    return None if low < 1 < high else interval


@cache
def _quotients_left_out(base: int, new: int) -> int:
    """Return the place, from either end, of the quotients that bound the interval; 0 if not even the ends do."""
    sizes, place = (1,) * (base + new), 0
    # The least doubled rank sum is new·(new + 1), and each quotient on the other side of 1 adds 2 to it: so `place`
    # comes to be the number of values of U that the test rejects at either end. Of 3 and 3 values not even the extreme
    # is rejected (p = 0.1).
    while _two_sided(new, sizes, new * (new + 1) + 2 * place) <= ALPHA:
        place += 1
    return place


def _quotient(above: float, below: float) -> float:
    """Divide: nothing in both is the same, as is what never came in both; anything is any times as much as nothing."""
    if above == below:
        return 1.0
    return math.inf if not below else above / below
