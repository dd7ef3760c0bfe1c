"""How systems differ over repetitions: the words, and what they rest on."""

from typing import Any

from harness.comparing.aggregate import aggregates
from harness.report.sections.repeats import TESTS, differing, legend, repeats, unseen
from harness.runfolder.result import Aggregate, Between, Result, SystemResult
from tests.support.reports import rendering
from tests.support.results import result, sync, temporal

render = rendering("table")


def between(**changes: Any) -> Between:
    fields: dict[str, Any] = {"metric": "latency_p50", "base": "sync", "system": "temporal", "ratio": 2.1}
    fields |= {"interval": (1.8, 2.6), "p": 0.007937, "delta": 1.0, "words": "slower"}
    return Between(**(fields | changes))


def compared(*found: Between) -> Result:
    aggregates = {"latency_p50": Aggregate(2, 2, None, None, 1.0, 1.0, 1.0)}
    systems = {
        "sync": SystemResult({}, (sync(), sync()), aggregates),
        "temporal": SystemResult({}, (temporal(), temporal()), aggregates),
    }
    return result(systems=systems, between=found)


def cells(*found: Between) -> dict[str, str]:
    """Return the cells of the block that sets systems beside the first, by metric."""
    heading, body = list(repeats(compared(*found)))[-1]
    assert heading == ["against sync", "temporal"]
    return {name: cell for name, cell in body}  # noqa: C416 - each row has exactly two


def test_a_difference_shows_what_it_rests_on() -> None:
    assert cells(between()) == {"latency_p50": "2.1× (1.8–2.6) slower (p 0.008, δ +1.0)"}


def test_where_there_is_no_ratio_the_tests_are_all_the_more_worth_a_word() -> None:
    more = between(metric="effects_duplicated", ratio=None, interval=None, words="more")
    none = between(metric="lost", ratio=0.0, interval=None, delta=-1.0, words="fewer")
    assert cells(more, none) == {
        "lost": "to 0, fewer (p 0.008, δ -1.0)",
        "effects_duplicated": "more (p 0.008, δ +1.0)",
    }


def test_no_probability_is_nought() -> None:
    assert cells(between(p=0.0000004)) == {"latency_p50": "2.1× (1.8–2.6) slower (p < 0.001, δ +1.0)"}


def test_a_difference_that_has_no_direction_has_no_sign_either() -> None:
    systems = {label: SystemResult({}, (sync(), sync())) for label in ("sync", "temporal", "third")}
    found = (between(), between(system="third", p=0.84, delta=-0.04, words="no difference seen"))
    heading, [row] = list(repeats(result(systems=systems, between=found)))[-1]
    assert heading[-1] == "third"
    assert row[-1] == "2.1× (1.8–2.6) no difference seen (p 0.84, δ +0.0)"


def test_too_few_repetitions_have_nothing_to_rest_on() -> None:
    few = between(metric="lost", ratio=None, interval=None, p=0.33, words="too few repetitions")
    systems = {label: SystemResult({}, (sync(), sync())) for label in ("sync", "temporal", "third")}
    found = (few, between(metric="lost", system="third", ratio=None, interval=None, words="more"))
    _, [row] = list(repeats(result(systems=systems, between=found)))[-1]
    assert row == ["lost", "too few repetitions", "more (p 0.008, δ +1.0)"]


def test_the_legend_says_what_p_and_delta_are_where_any_is_shown() -> None:
    assert TESTS in legend(compared(between()))
    assert TESTS not in legend(compared())


def of(*counts: int) -> Result:
    return result(systems={f"s{n}": SystemResult({}, (sync(),) * n) for n in counts})


def test_the_legend_says_which_coverage_an_interval_has_and_that_a_range_is_none() -> None:
    assert "96.9 % at n = 6" in legend(of(6))
    assert "96.9 % at n = 6, 99.2 % at n = 8; a … b: lowest and highest" in legend(of(6, 8))
    assert legend(of(5)).endswith("medians (lowest … highest: a range, as an interval takes 6 repetitions)")


def test_how_often_there_was_any_is_counted_in_repetitions() -> None:
    column = SystemResult({}, (sync(),) * 5, aggregates((sync(),) * 5))
    none = SystemResult({}, (temporal(),) * 5, aggregates((temporal(),) * 5))
    (heading, body), *_ = repeats(result(systems={"sync": column, "temporal": none}))
    assert heading == ["how often there was any", "sync", "temporal"]
    assert body[0] == ["lost", "in 5 of 5 repetitions, ≥ 57 % (95 %)", "in 0 of 5 repetitions, ≤ 43 % (95 %)"]


def test_times_of_an_overloaded_machine_are_said_to_be_compared_by_nobody_once() -> None:
    fields: dict[str, Any] = {"ratio": None, "interval": None, "p": 1.0, "delta": 0.0, "words": "overloaded"}
    found = compared(between(**fields), between(metric="drain", **fields))
    assert list(differing(found)) == []
    assert unseen(found) == ["temporal: the machine was the bottleneck (overloaded), so no time is compared"]


def test_the_table_shows_them() -> None:
    assert "slower (p 0.008, δ +1.0)" in render(compared(between()), is_full=True)
    one = between(metric="latency_p95")
    assert "arrival to end, 95 %  2.1× (1.8–2.6) slower (p 0.008, δ +1.0)" in render(compared(one))
