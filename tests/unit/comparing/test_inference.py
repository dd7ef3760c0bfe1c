import importlib
import itertools
import math
import random
from types import ModuleType

import pytest

from harness.comparing import inference
from harness.comparing.inference import ALPHA, difference

INF = math.inf


@pytest.fixture(scope="module")
def scipy() -> ModuleType:
    """The peer; it takes long to import, and of several processes of pytest one needs it."""
    return importlib.import_module("scipy.stats")


def samples(seed: int, sizes: tuple[int, int], most: int = 200) -> list[tuple[list[float], list[float]]]:
    """Draw pairs of samples, many of them with ties."""
    chance = random.Random(seed)
    drawn = []
    for _ in range(most):
        values = chance.choice([2, 3, 6, 10**6])
        one, other = ([float(chance.randrange(values)) for _ in range(chance.randint(*sizes))] for _ in "ab")
        if len({*one, *other}) > 1:
            drawn.append((one, other))
    return drawn


# -- shares


def test_wilson_agrees_with_scipy(scipy: ModuleType) -> None:
    for of in (1, 2, 5, 8, 40, 200):
        for hits in range(of + 1):
            peer = scipy.binomtest(hits, of).proportion_ci(0.95, method="wilson")
            assert inference.wilson(hits, of) == pytest.approx((peer.low, peer.high), abs=1e-12)


def test_none_of_five_may_still_be_four_of_ten() -> None:
    assert inference.wilson(0, 5) == pytest.approx((0.0, 0.4345), abs=1e-4)


def test_all_of_so_many_is_all_of_them_to_the_last_digit() -> None:
    assert [inference.wilson(of, of)[1] for of in (1, 3, 5, 7, 40)] == [1.0] * 5
    assert [inference.wilson(0, of)[0] for of in (1, 3, 5, 7, 40)] == [0.0] * 5


# -- the median


@pytest.mark.parametrize(
    ("n", "interval", "covers"),
    [
        (6, (1, 6), 0.96875),
        (7, (1, 7), 0.984375),
        (8, (1, 8), 0.9921875),
        (9, (2, 8), 0.9609375),
        (12, (3, 10), 0.96142578125),
        (20, (6, 15), 0.958610534667),
    ],
)
def test_an_interval_of_the_median_is_the_narrowest_pair_that_covers_it(
    n: int, interval: tuple[float, float], covers: float
) -> None:
    found = inference.median_interval(range(n, 0, -1))
    assert found is not None
    assert found[0] == interval
    assert found[1] == pytest.approx(covers)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_fewer_than_six_values_have_no_interval(n: int) -> None:
    assert inference.median_interval(range(n)) is None


def test_an_interval_covers_the_true_median_as_often_as_it_says() -> None:
    chance = random.Random(7)
    for n in (6, 7, 10, 15):
        found = [inference.median_interval([chance.lognormvariate(0, 1) for _ in range(n)]) for _ in range(2000)]
        hits = [one[0][0] <= 1 <= one[0][1] for one in found if one is not None]
        assert len(hits) == 2000
        assert sum(hits) / len(hits) == pytest.approx(found[0][1] if found[0] else 0, abs=0.015)


# -- two samples


def test_exact_probabilities_agree_with_scipy_also_with_ties(scipy: ModuleType) -> None:
    for one, other in samples(1, (2, 6), 120):
        is_tied = len({*one, *other}) < len(one) + len(other)
        method = scipy.PermutationMethod(n_resamples=10_000) if is_tied else "exact"
        peer = min(1.0, scipy.mannwhitneyu(one, other, method=method).pvalue)
        assert inference.mann_whitney(one, other) == pytest.approx(peer, abs=1e-12)


def test_the_approximation_for_many_values_agrees_with_scipy(scipy: ModuleType) -> None:
    for one, other in samples(2, (13, 40)):
        peer = min(1.0, scipy.mannwhitneyu(one, other, method="asymptotic").pvalue)
        assert inference.mann_whitney(one, other) == pytest.approx(peer, abs=1e-12)


def test_what_never_came_ranks_above_all() -> None:
    found = difference([1.0, 1.1, 1.2, 1.3, 1.4], [INF] * 5)
    assert (found.ratio, found.interval, found.delta) == (None, None, 1.0)
    assert found.p == pytest.approx(2 / 252)


def test_ties_are_tested_exactly() -> None:
    found = difference([0, 0, 0, 0, 0], [1, 1, 1, 1, 0])
    assert found.delta == pytest.approx(0.8)
    assert found.p == pytest.approx(2 * 6 / 252)  # 6 of 252 arrangements put at least four ones on the one side


def test_values_that_are_all_the_same_are_no_difference_however_many() -> None:
    for n in (2, 5, 30):
        assert difference([3.0] * n, [3.0] * n).p == 1.0


def test_the_probability_is_that_of_all_arrangements_and_no_unit_changes_it() -> None:
    base, new = [1.0, 2.0, 4.0, 5.0], [3.0, 6.0, 7.0, 9.0]
    wins = abs(sum((above > below) - (above < below) for below in base for above in new))
    pooled, extreme = {*base, *new}, 0
    for chosen in itertools.combinations(sorted(pooled), 4):
        rest = pooled.difference(chosen)
        extreme += abs(sum((above > below) - (above < below) for below in rest for above in chosen)) >= wins
    assert difference(base, new).p == pytest.approx(extreme / math.comb(8, 4))
    scaled = difference([value * 1000 for value in base], [value * 1000 for value in new])
    assert scaled.p == difference(base, new).p


@pytest.mark.parametrize(("n", "least"), [(1, 1.0), (2, 1 / 3), (3, 0.1), (4, 2 / 70), (5, 2 / 252)])
def test_so_few_repetitions_can_have_no_smaller_probability(n: int, least: float) -> None:
    found = difference([1.0 + at / 100 for at in range(n)], [2.0 + at / 100 for at in range(n)])
    assert found.p == found.least_p == pytest.approx(least)


# -- the factor between them


def test_a_ratio_is_that_of_the_medians_with_the_factors_that_the_test_does_not_reject() -> None:
    base, new = [1.0, 1.1, 0.9, 1.05, 0.95], [2.0, 2.2, 1.8, 2.1, 1.9]
    found = difference(base, new)
    quotients = sorted(above / below for below in base for above in new)
    assert found.ratio == pytest.approx(2.0)
    assert found.interval == (quotients[2], quotients[-3])  # at most 2 quotients beyond: p = 2 · 4 / 252


@pytest.mark.parametrize("n", [1, 2, 3])
def test_samples_too_small_to_reject_any_factor_have_no_interval(n: int) -> None:
    assert difference([1.0] * n, [2.0] * n).interval is None


def test_what_became_nothing_is_no_factor_and_what_may_never_come_has_no_upper_end() -> None:
    gone = difference([7, 8, 6, 7, 9], [0, 0, 0, 0, 0])
    assert (gone.ratio, gone.interval) == (0.0, (0.0, 0.0))
    none = difference([0, 0, 0, 0, 0], [1, 1, 1, 1, 0])
    assert (none.ratio, none.interval) == (None, None)
    sometimes = difference([1.0, 1.1, 1.2, 1.3, 1.4], [2.0, 2.1, 2.2, INF, INF])
    assert sometimes.ratio == pytest.approx(2.2 / 1.2)
    assert sometimes.interval is not None
    assert sometimes.interval[1] == INF


def test_equal_values_are_the_same_times_one() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert difference(values, values).interval == (1 / 3, 3.0)
    assert difference([INF] * 5, [1.0] * 5).ratio is None


@pytest.mark.parametrize(
    ("interval", "p", "agreeing"),
    [
        ((1.2, 3.0), 0.5, (1.0, 3.0)),
        ((0.2, 0.8), 0.5, (0.2, 1.0)),
        ((0.5, 2.0), 0.5, (0.5, 2.0)),
        ((0.5, 2.0), 0.01, None),
        ((1.0, 2.0), 0.01, (1.0, 2.0)),
        ((0.5, 1.0), 0.01, (0.5, 1.0)),
        ((1.5, 2.0), 0.01, (1.5, 2.0)),
    ],
)
def test_an_interval_holds_one_just_where_the_test_does_not_reject_it(
    interval: inference.Interval, p: float, agreeing: inference.Interval | None
) -> None:
    assert inference.agreeing(interval, p) == agreeing


def test_an_interval_covers_the_true_factor_at_least_as_often_as_it_says() -> None:
    chance = random.Random(11)
    for sizes in ((4, 4), (5, 5), (8, 5), (13, 13)):
        hits = 0
        for _ in range(1000):
            base, new = ([chance.lognormvariate(0, 0.5) for _ in range(size)] for size in sizes)
            found = difference(base, [3 * value for value in new]).interval
            assert found is not None
            hits += found[0] <= 3 <= found[1]
        assert hits >= 935  # three standard errors below 95 %


def test_interval_and_probability_never_contradict_each_other() -> None:
    without = 0
    for base, new in [*samples(3, (4, 9), 500), *samples(4, (13, 16), 100)]:
        found = difference(base, new)
        if found.interval is None:
            continue
        low, high = found.interval
        assert found.ratio is not None
        assert low <= found.ratio <= high
        if found.p > ALPHA:
            assert low <= 1 <= high, (base, new)
        else:
            assert not low < 1 < high, (base, new)
            without += 1
    assert without > 10


# -- many at once


def discoveries(probabilities: list[float]) -> list[bool]:
    most = inference.bound(probabilities)
    return [p <= most for p in probabilities]


def test_discoveries_agree_with_scipy(scipy: ModuleType) -> None:
    chance = random.Random(5)
    for _ in range(300):
        many = [chance.random() ** chance.choice([1, 4, 8]) for _ in range(chance.randint(1, 60))]
        many += chance.choices(many, k=chance.randint(0, 5))
        assert discoveries(many) == [adjusted <= ALPHA for adjusted in scipy.false_discovery_control(many)]


def test_twenty_figures_do_not_cry_wolf() -> None:
    assert discoveries([0.03, *[0.5] * 19]) == [False] * 20
    assert discoveries([0.0079] * 8 + [0.9] * 12) == [True] * 8 + [False] * 12
    assert discoveries([]) == []


def test_the_bound_is_the_largest_probability_that_stands() -> None:
    assert inference.bound([0.001, 0.02, 0.9]) == 0.02
    assert inference.bound([0.5, 0.9]) < 0
    assert inference.bound([]) < 0
