import math

import pytest

from harness.metrics.catalogue import CATALOGUE
from harness.report.figures import figure, over_repetitions, unit_of
from harness.report.printable import printable


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


def test_counts_of_repetitions_are_summed_with_the_worst() -> None:
    assert over_repetitions(CATALOGUE["lost"], [0, 3, 1]) == "4 (worst 3)"
    assert over_repetitions(CATALOGUE["finished"], [40, 37, 39]) == "116 (worst 37)"
    assert over_repetitions(CATALOGUE["exposed"], [4, 9]) == "13 (4–9)"


def test_times_of_repetitions_are_ranked() -> None:
    assert over_repetitions(CATALOGUE["resume_p50"], [0.9, 1.4, 0.8]) == "0.90 s (0.80 s – 1.4 s)"


def test_an_expectations_unit_is_its_metrics() -> None:
    assert unit_of("temporal.recovery_p95 < 10s") == "s"
    assert unit_of("peak_rss <= 200MB") == "bytes"
    assert unit_of("") == "count"


def test_long_text_says_how_much_is_missing() -> None:
    assert printable("x" * 1000, 10) == "xxxxxxxxxx… (990 more characters)"


def test_invisible_characters_are_shown_as_codes() -> None:
    assert printable("a\x1b[1m\u202eb\nc") == "a\\x1b[1m\\u202eb c"
