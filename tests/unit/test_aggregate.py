import random

import pytest

from harness.aggregate import aggregates, between
from harness.metrics.catalogue import CATALOGUE
from harness.result import Repetition
from tests.unit.results import repetition


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
    assert (found.share.hits, found.share.of) == (4, 120)


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
    ],
)
def test_a_difference_is_said_in_plain_words(
    metric: str, base: list[float | None], other: list[float | None], said: str
) -> None:
    assert words(metric, base, other) == said


def drawn(chance: random.Random) -> list[Repetition]:
    """Draw repetitions of a system whose figures all hang together, as a slow machine makes them."""
    repetitions = []
    for _ in range(5):
        drift = chance.lognormvariate(0, 0.1)
        figures = {
            name: drift * chance.lognormvariate(0, 0.05) for name, metric in CATALOGUE.items() if metric.unit != "count"
        }
        repetitions.append(repetition({"submitted": 40, "lost": chance.randrange(6, 9), **figures}))
    return repetitions


def test_the_same_system_under_two_labels_does_not_differ() -> None:
    chance = random.Random(42)
    wolf = 0
    for _ in range(20):
        found = between({"a": drawn(chance), "b": drawn(chance)})
        wolf += any(one.words != "no difference seen" for one in found)
    assert wolf <= 2
