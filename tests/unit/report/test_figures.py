import math

import pytest

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import aggregates
from harness.comparing.inference import wilson
from harness.report.text.figures import figure, over_repetitions, share, unit_of
from harness.runfolder.result import Share
from harness.text import printable
from tests.support.results import repetition


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (4, "count", "4"),
        (4.0, "count", "4"),
        (0.93, "s", "0.93 s"),
        (10.24, "s", "10.2 s"),
        (3.14159, "s", "3.1 s"),
        (123.4, "s", "123 s"),
        (0.0452, "s", "45 ms"),
        (0.0004, "s", "0.40 ms"),
        (0, "s", "0 s"),
        (312_400_000, "bytes", "312 MB"),
        (1_312_000_000, "bytes", "1.3 GB"),
        (999_600_000, "bytes", "1000 MB"),
        (11.44, "1/s", "11.4 /s"),
        (1.047, "ratio", "1.05×"),
        (0.3, "share", "30%"),
        (math.inf, "s", "∞ (never)"),
    ],
)
def test_a_figure_has_its_unit_and_no_digits_to_spare(value: float, unit: str, shown: str) -> None:
    assert figure(value, unit) == shown


def test_counts_of_repetitions_are_summed_with_the_worst_and_how_many_had_any() -> None:
    assert over_repetitions(CATALOGUE["lost"], [0, 3, 1]) == "4 (worst 3, in 2 of 3)"
    assert over_repetitions(CATALOGUE["finished"], [40, 37, 39]) == "116 (worst 37, in 3 of 3)"
    assert over_repetitions(CATALOGUE["submitted"], [4, 9]) == "13 (4–9)"
    assert over_repetitions(CATALOGUE["lost"], [0, 0]) == "0"
    assert over_repetitions(CATALOGUE["lost"], [2, 2]) == "4 (2 each)"


def test_times_of_repetitions_have_their_median_and_its_interval() -> None:
    values = [0.9, 1.4, 0.8, 0.9, 1.0, 0.9]
    known = aggregates([repetition({"resume_p50": value}) for value in values])["resume_p50"]
    assert over_repetitions(CATALOGUE["resume_p50"], values, known) == "0.90 s (0.80–1.4 s)"


@pytest.mark.parametrize("n", [2, 5])
def test_fewer_than_six_repetitions_have_a_lowest_and_a_highest_but_no_interval(n: int) -> None:
    values = [0.9, 1.4, 1.15, 1.15, 1.15][:n]
    known = aggregates([repetition({"resume_p50": value}) for value in values])["resume_p50"]
    assert over_repetitions(CATALOGUE["resume_p50"], values, known) == "1.1 s (0.90 … 1.4 s)"


@pytest.mark.parametrize(
    ("hits", "of", "shown"),
    [
        (0, 5, "in 0 of 5 repetitions, ≤ 43 % (95 %)"),
        (0, 200, "in 0 of 200 repetitions, ≤ 1.9 % (95 %)"),
        (2, 5, "in 2 of 5 repetitions, 40 % (12–77 %)"),
        (5, 5, "in 5 of 5 repetitions, ≥ 57 % (95 %)"),
    ],
)
def test_a_share_has_an_interval_also_where_it_is_none_or_all(hits: int, of: int, shown: str) -> None:
    assert share(Share(hits, of, wilson(hits, of))) == shown


def test_an_expectations_unit_is_its_metrics() -> None:
    assert unit_of("temporal.recovery_p95 < 10s") == "s"
    assert unit_of("peak_rss <= 200MB") == "bytes"
    assert unit_of("") == "count"


def test_long_text_says_how_much_is_missing() -> None:
    assert printable("x" * 1000, 10) == "xxxxxxxxxx… (990 more characters)"


def test_invisible_characters_are_shown_as_codes() -> None:
    assert printable("a\x1b[1m\u202eb\nc") == "a\\x1b[1m\\u202eb c"
