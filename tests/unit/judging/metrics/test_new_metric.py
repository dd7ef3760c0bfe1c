"""A metric is one row and its function: the example of docs/checks.md, added to a copy of the program, is everywhere.

The copy has no other change, and is judged, rendered and compared by its own commands.
"""

import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.synthetic import write_run
from harness.catalogue import CATALOGUE
from tests.support.chaos import ROOT, Ran, chaos

NAME = "left_open"
ROW, FUNCTION, LINE = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "checks.md").read_text(encoding="utf-8"), re.DOTALL
)[:3]
MEANING = "tickets of which an answer left open what became of them"
Command = Callable[..., Ran]


def put(path: Path, before: str, text: str) -> None:
    """Insert text into a file before the one place where `before` stands."""
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1, (path, before)
    path.write_text(content.replace(before, text + before), encoding="utf-8")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a program that has the example's row and function."""
    copy = tmp_path_factory.mktemp("copy")
    for package in ("harness", "systems"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    put(copy / "harness" / "catalogue.py", '    Metric("effects_expected",', f"    {ROW.strip()},\n")
    group = copy / "harness" / "judging" / "metrics" / "durability.py"
    put(group, "MEASURES: dict[str, Measure] = {\n", f"{FUNCTION}\n\n")
    put(group, '    "submitted": of_tickets(', LINE)
    return copy


@pytest.fixture(scope="module")
def command(copied: Path) -> Command:
    """Return what runs a command of that program."""
    return lambda *arguments: chaos(*arguments, cwd=copied, env={"PYTHONPATH": str(copied)})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """Return the folder of a run, judged by that program, in which two clients of each system learned nothing."""
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, ("sync", "other"), 8, lost_every=4)
    scenario = folder / "scenario.yaml"
    with scenario.open("a", encoding="utf-8") as page:
        page.write(f"expect: [sync.{NAME} == 2, other.{NAME} < 2]\n")
    planned = command("plan", str(scenario))
    assert planned.err == ""
    (folder / "plan.json").write_text(planned.out, encoding="utf-8")
    card = folder / "run.json"
    digest = hashlib.sha256(planned.out.encode()).hexdigest()
    card.write_text(json.dumps({**json.loads(card.read_text()), "plan_sha256": digest}))
    judged = command("check", str(folder), "--format", "json")
    (folder / "result.json").write_text(judged.out, encoding="utf-8")
    assert [judged.metrics(label)[NAME] for label in ("sync", "other")] == [2, 2]
    return folder


def test_it_is_new() -> None:
    assert NAME not in CATALOGUE


def test_it_is_listed(command: Command) -> None:
    assert MEANING in command("metrics").out
    assert NAME in [one["name"] for one in json.loads(command("metrics", "--format", "json").out)]
    assert MEANING in command("schema", "--result").out


def test_it_is_in_the_table_and_in_csv(command: Command, run: Path) -> None:
    table = command("report", str(run), "--format", "table", "--metrics", "all").out
    assert re.search(rf"^ *{NAME} +2 +2$", table, re.MULTILINE)
    found = list(csv.DictReader(io.StringIO(command("report", str(run), "--format", "csv").out)))
    assert [(one["system"], one["value"]) for one in found if one["metric"] == NAME] == [("sync", "2"), ("other", "2")]


def test_the_page_shows_it_with_its_rows(command: Command, run: Path) -> None:
    page = run / "report.html"
    assert command("report", str(run), "--output", str(page)).code == 0
    told = page.read_text(encoding="utf-8")
    assert f'href="#{NAME}-sync"' in told
    assert re.search(rf'id="{NAME}-sync">.*?was answered info', told, re.DOTALL)


def test_expectations_on_it_are_judged(command: Command, run: Path) -> None:
    judged = command("report", str(run), "--format", "json").result["expectations"]
    assert [(one["text"], one["verdict"]) for one in judged] == [
        (f"sync.{NAME} == 2", "pass"),
        (f"other.{NAME} < 2", "fail"),
    ]


def test_its_rows_are_explained(command: Command, run: Path) -> None:
    lines = command("explain", str(run), f"sync.{NAME}").out.strip().splitlines()
    assert (lines[0], len(lines)) == (f"sync.{NAME} = 2", 3)
    assert all("was answered info" in line for line in lines[1:])


def test_it_is_compared_and_a_gate_can_be_put_on_it(command: Command, run: Path) -> None:
    ran = command("compare", str(run), str(run), "--format", "json", "--fail-on", f"{NAME} > +1")
    (scenario,) = ran.result["scenarios"]
    assert scenario["systems"]["sync"]["metrics"][NAME]["words"] == "the same"
    gates = [(one["gate"], one["system"]) for one in ran.result["fail_on"]]
    assert gates == [(f"{NAME} > +1", "sync"), (f"{NAME} > +1", "other")]
