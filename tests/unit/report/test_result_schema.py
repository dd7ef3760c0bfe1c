import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import aggregates, between
from harness.report.formats.json_report import render_suite
from harness.report.formats.result_schema import result_schema
from harness.runfolder.result import Moment, Result, SystemResult
from tests.support.chaos import ROOT, asked
from tests.support.reports import rendering, suite
from tests.support.results import fault, result, sync, temporal

render = rendering("json")
VALIDATOR = jsonschema.Draft202012Validator(result_schema())


def repeated() -> Result:
    """Make a result of two repetitions, with all that is only said of several."""
    both = {"sync": (sync(), sync()), "temporal": (temporal(), temporal(absent={"drain": "no fault was undone"}))}
    systems = {label: SystemResult({}, repetitions, aggregates(repetitions)) for label, repetitions in both.items()}
    return result(systems=systems, between=between(both), status="interrupted", problem="interrupted")


def timed() -> Result:
    late = fault(name="at any moment", landed=1, notes=("late",), moments=(Moment("1.1", 2.0, 2.002),))
    return result(systems={"sync": SystemResult({}, (sync(faults=(late,)),))})


@pytest.mark.parametrize("made", [result(), repeated(), timed()], ids=["one", "repeated", "timed"])
def test_every_result_fits_the_published_schema(made: Result) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(render(made)))] == []


@pytest.mark.parametrize("runs", [[], [result()], [result(), repeated()]], ids=len)
def test_several_runs_in_one_document_fit_it_too(runs: list[Result]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(render_suite(suite(*runs))))] == []


def test_what_is_added_later_breaks_no_reader() -> None:
    later = json.loads(render(result()))
    later["new"] = later["systems"]["sync"]["new"] = {}
    later["systems"]["sync"]["repetitions"][0]["metrics"]["new_metric"] = 1.5
    assert [error.message for error in VALIDATOR.iter_errors(later)] == []


def repetition_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["systems"]["sync"]["repetitions"][0]
    return found


@pytest.mark.parametrize(
    "break_it",
    [
        lambda one: one.pop("verdict"),
        lambda one: one.update(schema=2),
        lambda one: one.update(verdict="green"),
        lambda one: one.update(systems=[]),
        lambda one: one.update(status="running"),
        lambda one: repetition_of(one)["metrics"].update(lost="4"),
        lambda one: repetition_of(one)["metrics"].update(lost=4.5),
        lambda one: repetition_of(one)["metrics"].update(new_metric="fast"),
        lambda one: repetition_of(one)["checks"][0].update(verdict="pass"),
        lambda one: repetition_of(one)["faults"][0].pop("landed"),
        lambda one: one["expectations"][0]["judged"][0].update(verdict="valid"),
    ],
    ids=range(11),
)
def test_a_broken_result_does_not_fit(break_it: Callable[[dict[str, Any]], object]) -> None:
    broken = json.loads(render(result()))
    break_it(broken)
    assert list(VALIDATOR.iter_errors(broken))
    assert list(VALIDATOR.iter_errors({"schema": 1, "runs": [broken], "verdict": "pass"}))


def test_every_type_and_every_metric_is_described() -> None:
    definitions = result_schema()["$defs"]
    assert [name for name, definition in definitions.items() if not definition["description"]] == []
    figures = definitions["Repetition"]["properties"]["metrics"]["properties"]
    assert figures.keys() == CATALOGUE.keys()
    assert figures["peak_rss"]["description"].endswith("(bytes; better: lower)")
    assert "None" not in json.dumps(definitions)


def test_the_page_explains_every_field() -> None:
    page = (ROOT / "docs" / "results.md").read_text()
    fields = {field for definition in result_schema()["$defs"].values() for field in definition["properties"]}
    assert [field for field in sorted(fields) if f"`{field}`" not in page] == []


def test_the_command_prints_the_schema_of_a_result_or_of_a_scenario() -> None:
    assert json.loads(asked("schema", "--result").out) == json.loads(json.dumps(result_schema()))
    assert json.loads(asked("schema").out)["title"] == "A chaos scenario"
