"""Numbers: seconds of nanoseconds, and the place of a percentile."""

import math

import pytest

from harness.judging.metrics.figure import percentile, rank, seconds


def test_seconds_are_told_to_the_microsecond() -> None:
    assert [seconds(ns) for ns in (1_234_567, 1_500, 10**18)] == [0.001235, 0.000002, 1e9]


@pytest.mark.parametrize(
    ("count", "share", "place"), [(4, 0.5, 1), (5, 0.5, 2), (20, 0.95, 18), (21, 0.95, 19), (3, 1.0, 2), (3, 0.0, 0)]
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(count: int, share: float, place: int) -> None:
    assert rank(count, share) == place
    assert percentile([*range(count - 1), math.inf][::-1], share) == (math.inf if place == count - 1 else place)


def test_a_percentile_over_nothing_does_not_exist() -> None:
    with pytest.raises(ValueError, match="a percentile over nothing does not exist"):
        percentile([], 0.5)
