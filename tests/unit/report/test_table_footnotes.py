"""What the table says of a figure beside its value: over how many pairs, what it means here, and under what load."""

from functools import partial

from harness.runfolder.result import CheckResult, SystemResult
from tests.support.reports import line, rendering
from tests.support.results import SYNC, TEMPORAL, repetition, result, sync, temporal

render = rendering("table")

full = partial(render, is_full=True)
"""The page with a row for every metric, under the metrics' own names."""


def test_the_number_of_pairs_stands_beside_each_percentile_and_few_make_a_p95_the_maximum() -> None:
    few = temporal(pairs={"resume": 5, "recovery": 24, "latency": 40}, notes={})
    page = full(result(systems={"temporal": SystemResult({}, (few,))}))
    assert line(page, "resume_p50").split(maxsplit=1)[1] == "0.93 s (of 5)"
    assert line(page, "resume_p95").split(maxsplit=1)[1] == "10.2 s (of 5) ¹"
    assert line(page, "recovery_p50").split(maxsplit=1)[1] == "3.4 s (of 24)"
    assert line(page, "latency_p50").split(maxsplit=1)[1] == "0.90 s"
    assert line(page, "¹") == "¹ the maximum: fewer than 20 pairs"


def test_a_maximum_that_never_came_is_called_one_too() -> None:
    few = temporal(pairs={"recovery": 3}, notes={}, censored=("recovery_p95",), metrics={"recovery_p95": None})
    page = full(result(systems={"temporal": SystemResult({}, (few,))}))
    assert line(page, "recovery_p95").split(maxsplit=1)[1] == "∞ (never, of 3) ²,³"
    assert line(page, "³") == "³ the maximum: fewer than 20 pairs"


def test_a_p95_over_enough_pairs_is_none_of_the_maximum() -> None:
    many = temporal(pairs={"resume": 20})
    assert "the maximum" not in render(result(systems={"temporal": SystemResult({}, (many,))}))


def test_over_repetitions_the_fewest_and_the_most_pairs_are_told() -> None:
    both = (
        repetition(TEMPORAL | {"resume_p50": 0.8}, pairs={"resume": 4}),
        repetition(TEMPORAL | {"resume_p50": 1.2}, pairs={"resume": 7}),
    )
    page = full(result(systems={"temporal": SystemResult({}, both)}))
    assert line(page, "resume_p50").split(maxsplit=1)[1] == "1.0 s (0.80 … 1.2 s, of 4–7)"


def test_what_never_came_is_told_over_how_many_pairs() -> None:
    page = full(result(systems={"sync": SystemResult({}, (sync(pairs={"resume": 4}),))}))
    assert "∞ (never, of 4)" in line(page, "resume_p50")


def test_an_ok_is_told_as_what_it_means_in_each_column() -> None:
    columns = {
        "mine": SystemResult({"system": "sync"}, (repetition(SYNC | {"ack_p95": 1.5}),)),
        "theirs": SystemResult({"system": "temporal"}, (repetition(TEMPORAL | {"ack_p95": 0.2}),)),
        "other": SystemResult({"system": "mail"}, (repetition(TEMPORAL | {"ack_p95": 0.3}),)),
    }
    page = full(result(systems=columns))
    _, mine, mark, theirs, other_mark, other = line(page, "ack_p95").replace(" s", "").split()
    assert (mine, theirs, other) == ("1.5", "0.20", "0.30")
    assert line(page, mark) == f"{mark} an ok means done: the ticket has come to its end"
    assert line(page, other_mark).startswith(f"{other_mark} an ok means accepted")


def test_an_agent_given_twice_is_said_to_be_one_of_the_updates_lost() -> None:
    twice = repetition(SYNC | {"lost_updates": 2, "double_assignments": 2}, counted_twice={"lost_updates": 2})
    page = full(result(systems={"sync": SystemResult({}, (twice,))}))
    assert line(page, "lost_updates").split() == ["lost_updates", "2", "¹"]
    assert line(page, "¹") == "¹ 2 of them are agents given twice: the same write"


ENGINE = "Temporal here is the dev server: one history shard"


def test_where_an_embedded_engine_is_compared_its_limits_are_said_once() -> None:
    ours = SystemResult({"system": "temporal", "server": "embedded"}, (temporal(),))
    theirs = SystemResult({"system": "temporal", "server": "external"}, (temporal(),))
    other = SystemResult({"system": "sync"}, (sync(),))
    assert render(result(systems={"sync": other, "a": ours, "b": ours})).count(ENGINE) == 1
    assert ENGINE not in render(result(systems={"a": ours, "b": ours}))
    assert ENGINE not in render(result(systems={"sync": other, "b": theirs}))
    assert ENGINE not in render(result(systems={"sync": other, "a": SystemResult(ours.settings, ())}))


# -- overload

BUSY = (CheckResult("healed", "valid", ""), CheckResult("headroom", "overloaded", "offered 3.3/s, served 1.2/s"))


def test_an_overloaded_system_is_named_and_its_times_are_marked_but_the_run_is_not_in_doubt() -> None:
    columns = {"sync": SystemResult({}, (sync(checks=BUSY),)), "temporal": SystemResult({}, (temporal(),))}
    page = full(result(systems=columns))
    assert page.split("\n\n")[1] == (
        "overloaded: sync offered 3.3/s, served 1.2/s: its times measure the queue; "
        "counts stand, times are not compared"
    )
    assert "in doubt" not in page
    assert line(page, "latency_p50").split() == ["latency_p50", "0.30", "s", "²", "0.90", "s"]
    assert line(page, "lost ").split() == ["lost", "4", "0"]
    assert line(page, "² overloaded").endswith("so this figure measures the queue")
    assert line(page, "8 checks valid") == "8 checks valid"
    assert line(page, "verdict").startswith("verdict pass: 1 of 1 expectations hold ·")
