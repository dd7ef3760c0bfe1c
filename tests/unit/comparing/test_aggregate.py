import math
import random
from collections.abc import Callable

import msgspec
import pytest

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import aggregates, between
from harness.runfolder.result import Aggregate, CheckResult, Repetition
from tests.support.results import repetition


def many(metric: str, values: list[float | None]) -> list[Repetition]:
    return [
        repetition({"submitted": 40, metric: value}, censored=() if value is not None else (metric,))
        for value in values
    ]


def test_one_repetition_claims_nothing() -> None:
    assert aggregates(many("latency_p50", [1.0])) == {}
    assert between({"a": many("latency_p50", [1.0]), "b": many("latency_p50", [9.0])}) == ()


def test_a_count_has_its_sum_its_worst_and_how_often_there_was_any() -> None:
    found = aggregates(many("lost", [0, 3, 1]))["lost"]
    assert (found.n, found.total, found.worst, found.hit, found.median, found.interval) == (3, 4, 3, 2, 1, None)
    assert found.share is not None
    assert (found.share.hits, found.share.of) == (2, 3)


def test_two_repetitions_have_an_aggregate_and_a_figure_that_counts_no_tickets_has_no_share() -> None:
    aggregate = aggregates(many("latency_p50", [2.0, 1.0]))["latency_p50"]
    assert aggregate == Aggregate(
        n=2,
        hit=2,
        total=None,
        worst=None,
        median=1.5,
        low=1.0,
        high=2.0,
        interval=None,
        share=None,
        coverage=None,
    )


def test_the_worst_of_what_is_better_high_is_the_least() -> None:
    aggregate = aggregates(many("finished", [40, 36, 1, 0]))["finished"]
    assert (aggregate.worst, aggregate.hit, aggregate.total) == (0, 3, 77)


def test_times_that_never_came_have_neither_interval_nor_coverage() -> None:
    never = aggregates(many("latency_p50", [None] * 6))["latency_p50"]
    assert (never.interval, never.coverage, never.median, never.low, never.high) == (None, None, None, None, None)


def test_systems_are_compared_with_the_first_from_two_repetitions_each_on() -> None:
    twice = many("lost", [1, 2])
    assert between({}) == between({"a": twice}) == between({"a": twice, "b": twice[:1]}) == ()
    pairs = between({"a": twice, "b": twice, "c": twice})
    assert {(pair.base, pair.system) for pair in pairs} == {("a", "b"), ("a", "c")}


def test_a_comparison_is_told_to_six_digits() -> None:
    base, other = many("latency_p50", [1.0, 1.2, 1.4, 1.6, 1.8, 2.1]), many("latency_p50", [2.0, 2.2, 2.4, 2.6])
    (pair,) = (pair for pair in between({"a": base, "b": other}) if pair.metric == "latency_p50")
    assert (pair.ratio, pair.p, pair.delta, pair.words) == ((2.2 + 2.4) / 2 / 1.5, 0.019048, 0.916667, "slower")


def test_a_share_is_over_repetitions_and_not_over_tickets_that_met_the_same_faults() -> None:
    share = aggregates(many("lost", [0] * 5))["lost"].share
    assert share is not None
    assert (share.hits, share.of) == (0, 5)
    assert share.interval == pytest.approx((0.0, 0.4345), abs=1e-4)


def test_from_six_repetitions_on_a_median_has_an_interval_and_the_coverage_it_has() -> None:
    values: list[float | None] = [1.0, 1.1, 1.2, 1.3, 1.4]
    few, enough = (aggregates(many("latency_p50", [*values, *more]))["latency_p50"] for more in ([], [1.5]))
    assert (few.interval, few.coverage, few.low, few.high) == (None, None, 1.0, 1.4)
    assert (enough.interval, enough.coverage) == ((1.0, 1.5), 0.96875)
    never = aggregates(many("latency_p50", [*values, None]))["latency_p50"]
    assert (never.interval, never.coverage) == ((1.0, None), 0.96875)


def test_what_never_came_is_kept_and_not_dropped() -> None:
    found = aggregates(many("recovery_p95", [1.0, None, None]))["recovery_p95"]
    assert (found.n, found.median, found.low, found.high) == (3, None, 1.0, None)


def test_a_figure_that_no_repetition_has_has_no_aggregate() -> None:
    assert "recovery_p95" not in aggregates(many("lost", [0, 1]))


def words(metric: str, base: list[float | None], other: list[float | None]) -> str:
    found = between({"a": many(metric, base), "b": many(metric, other)})
    return next(one.words for one in found if one.metric == metric)


@pytest.mark.parametrize(
    ("metric", "base", "other", "said"),
    [
        ("latency_p50", [1.0, 1.1, 1.2, 1.3, 1.4], [2.0, 2.1, 2.2, 2.3, 2.4], "slower"),
        ("latency_p50", [2.0, 2.1, 2.2, 2.3, 2.4], [1.0, 1.1, 1.2, 1.3, 1.4], "faster"),
        ("throughput", [1.0, 1.1, 1.2, 1.3, 1.4], [2.0, 2.1, 2.2, 2.3, 2.4], "faster"),
        ("lost", [7, 8, 6, 7, 9], [0, 0, 0, 0, 0], "fewer"),
        ("cpu_seconds", [1.0, 1.1, 1.2, 1.3, 1.4], [2.0, 2.1, 2.2, 2.3, 2.4], "more"),
        ("recovery_p95", [1.0, 1.1, 1.2, 1.3, 1.4], [None] * 5, "slower"),
        ("latency_p50", [1.0, 1.2, 1.4, 1.6, 1.8], [1.1, 1.3, 1.5, 1.7, 1.9], "no difference seen"),
        ("latency_p50", [1.00, 1.001, 1.002, 1.003, 1.004], [1.01, 1.011, 1.012, 1.013, 1.014], "no difference seen"),
        ("latency_p50", [1.0, 1.1, 1.2], [9.0, 9.1, 9.2], "too few repetitions"),
        ("cpu_seconds", [2.0, 2.1, 2.2, 2.3, 2.4], [1.0, 1.1, 1.2, 1.3, 1.4], "less"),
        ("latency_p50", [1.5, 2.1, 2.2, 2.3, 2.4], [1.0, 1.1, 1.2, 1.3, 1.6], "faster"),  # though one value overlaps
        ("lost", [7, 7], [7, 7], "too few repetitions"),
        ("lost", [7] * 4, [7] * 4, "no difference seen"),
        ("unserved", [1, 2, 3, 4], [1, 2, 3, 5], "no difference seen"),
        ("unserved", [1, 2, 3], [1, 2, 4], "too few repetitions"),
        ("finished", [200.0] * 5, [192.0] * 5, "fewer"),  # 4 % fewer: a count is a fact, without a margin
        ("unserved", [0.0] * 5, [8.0] * 5, "no difference seen"),  # what it follows from does not differ here
    ],
)
def test_a_difference_is_said_in_plain_words(
    metric: str, base: list[float | None], other: list[float | None], said: str
) -> None:
    assert words(metric, base, other) == said


FAMILY = [name for name, metric in CATALOGUE.items() if metric.better != "neither" and not metric.is_derived]


def column(n: int, chance: random.Random, **changes: list[float]) -> list[Repetition]:
    """Draw repetitions in which every metric of the family varies by itself, but for those given."""
    drawn = {name: [chance.lognormvariate(3, 0.2) for _ in range(n)] for name in FAMILY} | changes
    return [repetition({name: values[at] for name, values in drawn.items()}) for at in range(n)]


def seen(base: list[Repetition], other: list[Repetition]) -> dict[str, str]:
    return {one.metric: one.words for one in between({"a": base, "b": other})}


VARYING = [name for name in FAMILY if CATALOGUE[name].kind == "time" and CATALOGUE[name].better == "lower"][:10]
LOW, HIGH = [1.0, 2.0, 3.0, 4.0, 5.0], [11.0, 12.0, 13.0, 14.0, 15.0]
NEARLY = [1.0, 2.0, 3.0, 4.0, 12.5]
"""Beside HIGH, two inversions: p is 8/252."""
MIXED = [1.5, 1.6, 3.5, 3.6, 5.5]
"""Beside LOW, nothing that chance does not do."""


def verdicts(apart: int, nearly: int) -> list[str]:
    """Compare ten figures, of which so many are apart and so many nearly; return the words of each."""
    base = [LOW] * apart + [NEARLY] * nearly + [LOW] * (10 - apart - nearly)
    other = [HIGH] * (apart + nearly) + [MIXED] * (10 - apart - nearly)
    sides = [
        [repetition(dict(zip(VARYING, values, strict=True))) for values in zip(*side, strict=True)]
        for side in (base, other)
    ]
    words = seen(*sides)
    return [words[name] for name in VARYING]


def test_whether_a_difference_could_have_been_seen_depends_on_the_other_figures() -> None:
    assert verdicts(0, 0) == ["too few repetitions"] * 10
    # Had one more been as far apart as can be, both would stand.
    assert verdicts(1, 0) == ["too few repetitions", *["no difference seen"] * 9]
    assert verdicts(2, 0) == ["slower", "slower", *["no difference seen"] * 8]
    assert verdicts(0, 6) == ["too few repetitions"] * 6 + ["no difference seen"] * 4
    assert verdicts(0, 7) == ["slower"] * 7 + ["no difference seen"] * 3


def test_what_is_the_same_in_all_repetitions_makes_no_other_figure_harder_to_tell() -> None:
    constant = dict.fromkeys(VARYING[1:], 3.0)
    sides = [[repetition(constant | {VARYING[0]: value}) for value in values] for values in (LOW, HIGH)]
    assert seen(*sides) == {VARYING[0]: "slower"} | dict.fromkeys(VARYING[1:], "no difference seen")


SILENT = {"no difference seen", "too few repetitions"}


def test_one_slow_figure_among_many_that_vary_takes_more_repetitions() -> None:
    assert len(FAMILY) > 25
    for n, words in ((5, "too few repetitions"), (8, "slower")):
        chance = random.Random(1)
        slow = [100.0 + at for at in range(n)]
        base, other = column(n, chance, drain=[value / 10 for value in slow]), column(n, chance, drain=slow)
        assert seen(base, other)["drain"] == words


def test_what_so_few_repetitions_cannot_show_beside_the_others_is_no_difference_not_seen() -> None:
    chance = random.Random(2)
    assert set(seen(column(5, chance), column(5, chance)).values()) - {"no difference seen"} == {"too few repetitions"}
    assert set(seen(column(8, chance), column(8, chance)).values()) == {"no difference seen"}


def test_where_many_differ_few_repetitions_show_all_of_them() -> None:
    chance = random.Random(3)
    times = [name for name in FAMILY if CATALOGUE[name].kind == "time"]
    base, other = (column(5, chance, **{name: [x + at for at in range(5)] for name in times}) for x in (10.0, 90.0))
    said = seen(base, other)
    assert {said[name] for name in times if name != "throughput"} == {"slower"}
    assert said["throughput"] == "faster"


def test_figures_that_follow_from_others_make_the_family_no_larger_and_are_held_to_its_bound() -> None:
    finished, unserved = [40.0, 39, 40, 38, 40], [0.0, 1, 0, 2, 0]
    base = [repetition({"finished": a, "unserved": b}) for a, b in zip(finished, unserved, strict=True)]
    other = [repetition({"finished": a - 9, "unserved": b + 9}) for a, b in zip(finished, unserved, strict=True)]
    assert seen(base, other) == {"finished": "fewer", "unserved": "more"}
    alone = [repetition({"unserved": b + 9}) for b in unserved]
    assert seen(base, alone) == {"unserved": "no difference seen"}


def test_what_has_no_better_direction_is_not_tested() -> None:
    assert seen(many("attempts", [1.0, 2.0, 3.0, 4.0, 5.0]), many("attempts", [11.0, 12.0, 13.0, 14.0, 15.0])) == {}


def overloaded(repetitions: list[Repetition]) -> list[Repetition]:
    """Let the machine have been the bottleneck in the last of them."""
    *most, last = repetitions
    found = CheckResult("headroom", "overloaded", "host CPU 97 %")
    return [*most, msgspec.structs.replace(last, checks=(*last.checks, found))]


@pytest.mark.parametrize("which", [0, 1])
def test_times_of_a_machine_that_was_overloaded_are_not_compared_and_counts_and_costs_are(which: int) -> None:
    low, high = [1.0, 1.1, 1.2, 1.3, 1.4], [21.0, 21.1, 21.2, 21.3, 21.4]
    sides = [
        [repetition({"latency_p50": value, "cpu_seconds": value, "lost": round(value)}) for value in values]
        for values in (low, high)
    ]
    sides[which] = overloaded(sides[which])
    assert seen(*sides) == {"latency_p50": "overloaded", "cpu_seconds": "more", "lost": "more"}
    (time,) = (one for one in between({"a": sides[0], "b": sides[1]}) if one.metric == "latency_p50")
    assert (time.ratio, time.interval, time.p, time.delta) == (None, None, 1.0, 0.0)


def hanging_together(n: int, chance: random.Random) -> list[Repetition]:
    """Draw repetitions of a system whose figures all hang together, as a slow machine makes them."""
    repetitions = []
    for _ in range(n):
        drift = chance.lognormvariate(0, 0.1)
        figures = {
            name: drift * chance.lognormvariate(0, 0.05) for name, metric in CATALOGUE.items() if metric.unit != "count"
        }
        repetitions.append(repetition({"submitted": 40, "lost": chance.randrange(6, 9), **figures}))
    return repetitions


@pytest.mark.parametrize("n", [5, 8])
@pytest.mark.parametrize("draw", [column, hanging_together])
def test_the_same_system_under_two_labels_differs_in_no_more_than_one_of_twenty_seeds(
    draw: Callable[[int, random.Random], list[Repetition]], n: int
) -> None:
    """Take many times twenty, as of twenty alone two are not rare; three standard errors are chance, more is not."""
    seeds = 400
    wolves = 0
    for seed in range(seeds):
        chance = random.Random(seed)
        wolves += not set(seen(draw(n, chance), draw(n, chance)).values()) <= SILENT
    assert wolves <= seeds / 20 + 3 * math.sqrt(seeds / 20 * 0.95)
