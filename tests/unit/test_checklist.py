"""The checklist: every entry names what there is, and the page is what the generator makes of the figures kept."""

import msgspec
import pytest

from benchmarks.checklist import PAGE, KeptRun, entries, kept_of, page, read_kept, said
from benchmarks.checklist_entries import Entry
from harness.catalogue import CATALOGUE
from harness.planning.reading import read
from harness.planning.reading.bundled import bundled, locate
from harness.runfolder.result import CheckResult, ScenarioName, SystemResult
from tests.support.results import result, sync, temporal

SCENARIOS = {path.stem for path in bundled()}
KILLED = Entry("Kill", "kill", "worker-kill", "who dies loses", ("sync.lost", "temporal.lost", "temporal.resume_p50"))


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.scenario} {entry.what}")
def test_every_entry_names_a_bundled_scenario_its_columns_and_metrics_of_the_catalogue(entry: Entry) -> None:
    assert entry.scenario in SCENARIOS
    labels = {block.label for block in read(str(locate(entry.scenario)))[0].systems}
    asked = [name.split(".") for name in entry.figures]
    assert [(label, metric) for label, metric in asked if label not in labels or metric not in CATALOGUE] == []


def test_the_page_is_what_the_generator_makes_of_the_figures_kept() -> None:
    assert PAGE.read_text() == page(read_kept()), "write it anew: python -m benchmarks.checklist"


def kept(*columns: SystemResult, verdict: str = "pass") -> KeptRun:
    """Return what is kept of a run of worker-kill with these columns, sync and temporal."""
    systems = dict(zip(("sync", "temporal"), columns, strict=True))
    run = kept_of([result(systems=systems, verdict=verdict, scenario=ScenarioName("worker-kill", ""))]).runs
    return msgspec.structs.replace(
        run["worker-kill"],
        figures={name: run["worker-kill"].figures.get(name, ()) for name in KILLED.figures},
    )


def test_a_line_has_the_lesson_and_each_metric_with_its_columns() -> None:
    told = said(KILLED, kept(SystemResult({}, (sync(),)), SystemResult({}, (temporal(),))))
    assert told == "who dies loses: `lost` sync 4, temporal 0; `resume_p50` temporal 0.93 s"


def test_a_line_without_a_run_says_so() -> None:
    assert said(KILLED, None) == "who dies loses (no run is kept)"


def test_repetitions_are_summed_up_as_in_every_report() -> None:
    told = said(KILLED, kept(SystemResult({}, (sync(), sync())), SystemResult({}, (temporal(),))))
    assert "`lost` sync 8 (4 each), temporal 0" in told


def test_what_speaks_against_a_figure_stands_beside_it() -> None:
    crowded = temporal(checks=(CheckResult("headroom", "overloaded", "host CPU 99%"),))
    told = said(KILLED, kept(SystemResult({}, (sync(),)), SystemResult({}, (crowded,)), verdict="unknown"))
    assert told.endswith("temporal 0.93 s (verdict unknown, times of an overloaded machine)")
    counted = KILLED._replace(figures=("sync.lost", "temporal.lost"))
    run = kept(SystemResult({}, (sync(),)), SystemResult({}, (crowded,)))
    assert said(counted, run) == "who dies loses: `lost` sync 4, temporal 0"


def test_what_never_came_is_kept_and_said() -> None:
    never = temporal(metrics={"lost": 0, "resume_p50": None}, censored=("resume_p50",))
    run = kept(SystemResult({}, (sync(),)), SystemResult({}, (never,)))
    assert run.figures["temporal.resume_p50"] == (None,)
    assert said(KILLED, run).endswith("`resume_p50` temporal ∞ (never)")


def test_the_last_of_several_runs_of_a_scenario_counts() -> None:
    runs = [result(run_id="first"), result(run_id="second")]
    assert kept_of(runs).runs["worker-kill"].run_id == "second"
