"""The catalogue is where metrics are named: rows and functions belong together, and no list names them by hand."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.catalogue import CATALOGUE, GROUPS, TABLE, Metric, clauses
from harness.judging.metrics.durability import MEASURES
from harness.judging.metrics.measure import CatalogueTorn, joined
from harness.judging.metrics.measured import Measure
from tests.support.chaos import ROOT

DURABLE = {name: metric for name, metric in CATALOGUE.items() if metric.group == "durability"}
RANKS: dict[str, Callable[[Metric], int]] = {
    "headlines": lambda one: one.headline_rank,
    "summary": lambda one: one.summary_rank,
    "safeguards": lambda one: one.safeguard_rank,
    "cards": lambda one: one.card.rank if one.card else 0,
    "tradeoffs": lambda one: one.tradeoff.rank if one.tradeoff else 0,
    "listings": lambda one: one.listing.rank if one.listing else 0,
}
CLASS = "a class of tickets, of which the metrics are made, not a metric"
NO_METRIC = "a key, a state or an event of that name, not a metric"
ABOUT = "the sentence, or the rule, is about just these"
KNOWN: dict[str, tuple[str, set[str]]] = {
    "__main__.py": (NO_METRIC, {"interrupted"}),
    "history/phases.py": (NO_METRIC, {"interrupted", "failed"}),
    "history/run_records.py": ("a kind of record", {"submitted"}),
    "execution/run.py": (NO_METRIC, {"interrupted"}),
    "explaining/ticket_history.py": (CLASS, {"lost", "rejected", "finished", "failed", "wedged"}),
    "explaining/timeline.py": (CLASS, {"finished", "failed", "lost", "wedged"}),
    "faults/kinds/engine_kill.py": (NO_METRIC, {"attempts"}),
    "faults/kinds/network.py": (NO_METRIC, {"lost"}),
    "faults/triggers/striking.py": (NO_METRIC, {"attempts"}),
    "judging/checks/__init__.py": ("a check of that name", {"faults_landed"}),
    "judging/checks/missing.py": (NO_METRIC, {"interrupted", "failed"}),
    "judging/checks/quiescence.py": (NO_METRIC, {"wedged"}),
    "judging/evidence.py": (CLASS, {"lost", "rejected", "finished", "failed", "wedged"}),
    "judging/repetition.py": ("keys of a result's lists of tickets", {"exposed", "wrong_outcome", "finished"}),
    "judging/verdict.py": (ABOUT, {"faults_missed"}),
    "live/board.py": ("keys of a session's tally", {"submitted", "finished", "failed", "lost"}),
    "live/run.py": (NO_METRIC, {"interrupted"}),
    "live/session.py": (ABOUT, {"finished", "failed", "lost"}),
    "live/ticket_view.py": (NO_METRIC, {"attempts", "lost"}),
    "planning/reading/cautions.py": (ABOUT, {"lost", "unserved", "rejected", "finished"}),
    "planning/reading/thresholds.py": ("what an error rate of others is called here", {"failed", "submitted"}),
    "report/formats/explanation.py": (NO_METRIC, {"attempts"}),
    "report/formats/html.py": ("names of charts, and how high one of them is", {"finished", "recovered", "submitted"}),
    "report/formats/summary.py": (
        ABOUT,
        {
            *("submitted", "failed", "failed_as_expected", "resume_p50", "cpu_per_ticket"),
            *("indeterminate", "effects_unsent"),
        },
    ),
    "report/page/charts.py": (NO_METRIC, {"failed"}),
    "report/sections/columns.py": (NO_METRIC, {"retries"}),
    "report/sections/fault_outcomes.py": (NO_METRIC, {"exposed"}),
    "report/sections/races.py": (ABOUT, {"lost_updates"}),
    "report/sections/repeats.py": (ABOUT, {"lost"}),
    "report/sections/rows.py": (ABOUT, {"ack_p95"}),
    "report/sections/summary_sentence.py": (
        ABOUT,
        {
            *("submitted", "lost", "lost_unacknowledged", "indeterminate", "failed", "failed_as_expected"),
            *("effects_unsent", "effects_missing", "unavailable", "resume_p50", "interrupted"),
        },
    ),
    "report/sections/verdicts.py": ("a check of that name", {"faults_landed"}),
    "runfolder/meta.py": (NO_METRIC, {"interrupted"}),
    "runfolder/result.py": (NO_METRIC, {"interrupted"}),
    "tour/act.py": (ABOUT, {"cpu_per_ticket", "peak_rss", "resume_p50", "submitted"}),
    "tour/acts/compensation.py": (ABOUT, {"agents_leaked", "effects_unsent", "lost", "wrong_outcome"}),
    "tour/acts/durability.py": (ABOUT, {"effects_duplicated", "effects_unsent", "lost", "resume_p50"}),
    "tour/acts/races.py": (ABOUT, {"conflicts", "double_assignments", "failed"}),
    "tour/acts/retries.py": (ABOUT, {"failed", "recovered_by_retry", "retries"}),
    "tour/acts/scalability.py": (ABOUT, {"paused_cpu_seconds", "peak_rss", "submitted", "throughput"}),
    "tour/acts/state.py": (ABOUT, {"agents_leaked", "finished", "lost", "retries"}),
    "tour/played.py": (NO_METRIC, {"interrupted"}),
}
"""Where a metric's name may stand in the code outside of the catalogue and of what measures it, and why."""


def named(path: Path) -> Iterator[str]:
    """Yield the metrics that a module names in its code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in CATALOGUE:
            yield str(node.value)


def test_metrics_are_named_in_the_catalogue_and_where_they_are_measured() -> None:
    harness = ROOT / "harness"
    found = {path.relative_to(harness).as_posix(): set(named(path)) for path in sorted(harness.rglob("*.py"))}
    elsewhere = {
        name: names
        for name, names in found.items()
        if names and name != "catalogue.py" and not name.startswith("judging/metrics/")
    }
    assert elsewhere == {name: names for name, (_, names) in KNOWN.items()}


def test_a_metric_without_its_function_is_an_error() -> None:
    functions = {name: one for name, one in MEASURES.items() if name != "lost"}
    with pytest.raises(CatalogueTorn, match=r"^a row in the catalogue and no function in judging/metrics: lost$"):
        joined(DURABLE, [functions])


def test_a_function_without_its_row_is_an_error() -> None:
    rows = {name: one for name, one in DURABLE.items() if name != "lost"}
    with pytest.raises(CatalogueTorn, match=r"^a function in judging/metrics and no row in the catalogue: lost$"):
        joined(rows, [MEASURES])


def test_a_metric_of_two_groups_is_an_error() -> None:
    with pytest.raises(CatalogueTorn, match=r"^measured in two groups: lost$"):
        joined(DURABLE, [MEASURES, {"lost": MEASURES["lost"]}])


def test_tickets_cannot_be_listed_of_a_metric_that_counts_none() -> None:
    bare = {**MEASURES, "lost": Measure(MEASURES["lost"].figure, MEASURES["lost"].rows)}
    with pytest.raises(CatalogueTorn, match=r"no tickets in judging/metrics: lost$"):
        joined(DURABLE, [bare])


def test_the_measures_stand_in_the_order_of_the_catalogue() -> None:
    assert list(joined(DURABLE, [dict(reversed(MEASURES.items()))])) == list(DURABLE)


@pytest.mark.parametrize("of", RANKS)
def test_each_place_is_taken_once(of: str) -> None:
    ranks = sorted(rank for one in CATALOGUE.values() if (rank := RANKS[of](one)))
    assert ranks == list(range(1, len(ranks) + 1))


@pytest.mark.parametrize("group", GROUPS)
def test_each_clause_of_a_group_has_a_place(group: str) -> None:
    ranks = [clause.rank for _, clause in clauses(CATALOGUE[TABLE[group][0]].group)] if group in TABLE else []
    assert ranks == list(range(1, len(ranks) + 1))


def test_what_is_picked_has_its_words() -> None:
    for one in CATALOGUE.values():
        assert bool(one.headline_rank) == bool(one.label), one.name
        assert not (one.summary_rank or one.is_named_by_ticket) or one.noun, one.name
        assert not one.harmless_part or one.harmless_part in CATALOGUE, one.name
        assert (one.kind == "count") == (one.unit == "count"), one.name


def test_the_table_has_every_metric_but_the_experiments() -> None:
    assert sorted(name for names in TABLE.values() for name in names) == sorted(
        name for name, one in CATALOGUE.items() if one.group != "experiment"
    )
