import itertools
import math
import random

import pytest

from harness import statistics

INF = math.inf


def test_wilson_agrees_with_its_published_form() -> None:
    z, hits, of = 1.959964, 7, 40
    middle = (hits + z * z / 2) / (of + z * z)
    reach = z / (of + z * z) * math.sqrt(hits * (of - hits) / of + z * z / 4)
    assert statistics.wilson(hits, of) == pytest.approx((middle - reach, middle + reach), abs=1e-6)


def test_none_of_many_is_not_known_to_be_impossible() -> None:
    low, high = statistics.wilson(0, 200)
    assert (low, high) == pytest.approx((0.0, 0.01885), abs=1e-4)


def test_the_same_values_always_give_the_same_interval() -> None:
    values = [1.0, 1.2, 0.9, 1.4, 1.1]
    assert statistics.median_interval(values) == statistics.median_interval(list(values))


def test_an_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    chance = random.Random(7)
    trials = 200
    covered = 0
    for _ in range(trials):
        found = statistics.median_interval([chance.gauss(10, 1) for _ in range(15)])
        assert found is not None
        covered += found[0] <= 10 <= found[1]
    assert covered / trials > 0.89


def test_two_values_have_no_interval() -> None:
    assert statistics.median_interval([1.0, 2.0]) is None


def test_what_never_came_ranks_above_all() -> None:
    found = statistics.difference([1.0, 1.1, 1.2, 1.3, 1.4], [INF] * 5)
    assert (found.ratio, found.delta, found.can_tell) == (None, 1.0, True)
    assert found.p == pytest.approx(2 / 252)


def test_ties_are_tested_exactly() -> None:
    found = statistics.difference([0, 0, 0, 0, 0], [1, 1, 1, 1, 0])
    assert found.delta == pytest.approx(0.8)
    assert found.p == pytest.approx(2 * 6 / 252)  # 6 of 252 arrangements put at least four ones on the one side


def test_the_probability_is_that_of_all_arrangements_and_no_unit_changes_it() -> None:
    base, new = [1.0, 2.0, 4.0, 5.0], [3.0, 6.0, 7.0, 9.0]
    wins = abs(sum((above > below) - (above < below) for below in base for above in new))
    pooled, extreme = {*base, *new}, 0
    for chosen in itertools.combinations(sorted(pooled), 4):
        rest = pooled.difference(chosen)
        extreme += abs(sum((above > below) - (above < below) for below in rest for above in chosen)) >= wins
    assert statistics.difference(base, new).p == pytest.approx(extreme / math.comb(8, 4))
    scaled = statistics.difference([value * 1000 for value in base], [value * 1000 for value in new])
    assert scaled.p == statistics.difference(base, new).p


@pytest.mark.parametrize(("n", "can_tell"), [(1, False), (2, False), (3, False), (4, True), (5, True)])
def test_too_few_repetitions_can_never_be_significant(n: int, can_tell: bool) -> None:  # noqa: FBT001 - a parameter
    assert statistics.difference([1.0] * n, [2.0] * n).can_tell is can_tell


def test_a_ratio_has_an_interval_round_it() -> None:
    found = statistics.difference([1.0, 1.1, 0.9, 1.05, 0.95], [2.0, 2.2, 1.8, 2.1, 1.9])
    assert found.ratio == pytest.approx(2.0)
    assert found.interval is not None
    assert found.interval[0] < 2 < found.interval[1]
    assert found.is_beyond_interval


def test_twenty_figures_do_not_cry_wolf() -> None:
    assert statistics.discoveries([0.03, *[0.5] * 19]) == [False] * 20
    assert statistics.discoveries([0.0079] * 8 + [0.9] * 12) == [True] * 8 + [False] * 12
    assert statistics.discoveries([]) == []
