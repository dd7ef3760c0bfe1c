"""checklist: what to try before production, and what a run of all scenarios says of each: `docs/checklist.md`.

`python -m benchmarks.checklist RUNS` reads the runs in a folder, as `chaos run --all --out RUNS` leaves them, keeps the
figures that the page needs in `reports/reference/checklist.json`, and writes the page. Without RUNS it writes the page
from the figures that are kept.
"""

import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.checklist_entries import GUIDE, GUIDES, OUTAGES, Entry
from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import value_of
from harness.report.sections.overload import overload
from harness.report.text.figures import over_repetitions
from harness.runfolder.result import Result
from harness.runfolder.stored import runs_in

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "checklist.md"
KEPT = ROOT / "reports" / "reference" / "checklist.json"
NOT_RUN = "no run is kept"
HEAD = f"""\
# The checklist

What to try before a system like this goes to production, and what came of it here. The first table is Temporal's own
[guide to testing before production]({GUIDE}), item by item; the second has what teams report most often, each with
one public source. Every line names the scenario that shows it (`chaos run NAME`), and the figures of one run of it.
What a figure means, [checks and metrics](checks.md) says; the [scenarios](../scenarios/README.md) have their questions.
One run is one sample, on one machine: run them on yours.

<!-- written by `python -m benchmarks.checklist RUNS`, after `chaos run --all --out RUNS` -->
"""


class KeptRun(msgspec.Struct, frozen=True):
    """What is kept of a run: its verdict, the columns that were overloaded, and figures by "label.metric".

    A figure has a value for each repetition that has one; None is what never came.
    """

    run_id: str
    verdict: str
    overloaded: tuple[str, ...]
    figures: dict[str, tuple[float | None, ...]]


class Kept(msgspec.Struct, frozen=True):
    """What the page is made of: a run for each scenario, and what the last of them ran on."""

    ground: str
    runs: dict[str, KeptRun]


def entries() -> tuple[Entry, ...]:
    """Return every entry, in the order of the page."""
    return (*GUIDES, *OUTAGES)


def kept_of(results: Iterable[Result]) -> Kept:
    """Take from results what the entries ask for; of several runs of one scenario the last."""
    asked: dict[str, list[str]] = {}
    for entry in entries():
        asked.setdefault(entry.scenario, []).extend(entry.figures)
    ground, runs = "", {}
    for result in results:
        if result.scenario.name in asked:
            runs[result.scenario.name] = _kept_run(result, asked[result.scenario.name])
            ground = _ground(result.environment)
    return Kept(ground, dict(sorted(runs.items())))


def _ground(environment: Mapping[str, Any]) -> str:
    """Say what a run was made on."""
    packages = (f"{name} {version}" for name, version in environment.get("packages", {}).items())
    python = f"Python {environment.get('python', '?')}"
    return f"{environment.get('cores', '?')} cores, {', '.join([python, *packages])}"


def _kept_run(result: Result, asked: Sequence[str]) -> KeptRun:
    columns = {label: system.repetitions for label, system in result.systems.items()}
    figures = {}
    for name in dict.fromkeys(asked):
        label, _, metric = name.partition(".")
        values = (value_of(metric, repetition) for repetition in columns.get(label, ()))
        figures[name] = tuple(None if math.isinf(value) else value for value in values if value is not None)
    crowded = tuple(label for label, of in columns.items() if any(overload(one) is not None for one in of))
    return KeptRun(result.run_id, str(result.verdict), crowded, figures)


def page(kept: Kept) -> str:
    """Return the page."""
    return "\n".join(_lines(kept)) + "\n"


def _lines(kept: Kept) -> Iterator[str]:
    yield HEAD
    yield "## What Temporal's guide asks for"
    yield ""
    yield from _table("what to test", GUIDES, kept)
    yield ""
    yield "## What goes wrong most often"
    yield ""
    yield from _table("what is reported", OUTAGES, kept)
    if kept.ground:
        yield ""
        yield f"Run on {kept.ground}."


def _table(what: str, table: Sequence[Entry], kept: Kept) -> Iterator[str]:
    yield f"| {what} | scenario | what came of it |"
    yield "|---|---|---|"
    for entry in table:
        scenario = f"[{entry.scenario}](../scenarios/{entry.scenario}.yaml)"
        yield f"| {entry.text()} | {scenario} | {said(entry, kept.runs.get(entry.scenario))} |"


def said(entry: Entry, run: KeptRun | None) -> str:
    """Return an entry's result in one line: the lesson, then each metric with the columns that were asked for."""
    if run is None:
        return f"{entry.lesson} ({NOT_RUN})"
    by_metric: dict[str, list[str]] = {}
    for name in entry.figures:
        label, _, metric = name.partition(".")
        by_metric.setdefault(metric, []).append(f"{label} {_shown(metric, run.figures.get(name, ()))}")
    figures = "; ".join(f"`{metric}` {', '.join(columns)}" for metric, columns in by_metric.items())
    return f"{entry.lesson}: {figures}{_doubt(entry, run)}"


def _shown(metric: str, values: Sequence[float | None]) -> str:
    if not values:
        return "–"
    return over_repetitions(CATALOGUE[metric], [math.inf if value is None else value for value in values])


def _doubt(entry: Entry, run: KeptRun) -> str:
    """Say what speaks against the figures: a run that did not pass, or times of a machine that was too busy."""
    doubts = [] if run.verdict == "pass" else [f"verdict {run.verdict}"]
    labels = {name.partition(".")[0] for name in entry.figures if CATALOGUE[name.partition(".")[2]].kind != "count"}
    if labels & set(run.overloaded):
        doubts.append("times of an overloaded machine")
    return f" ({', '.join(doubts)})" if doubts else ""


def read_kept() -> Kept:
    """Read the figures that are kept; none, before the first run is."""
    if not KEPT.exists():
        return Kept("", {})
    return msgspec.json.decode(KEPT.read_bytes(), type=Kept)


def main() -> None:
    """Write the page, from the runs in the folder that is named, or from what is kept."""
    for folder in sys.argv[1:2]:
        kept = kept_of(run.result for run in runs_in(Path(folder)))
        KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    PAGE.write_text(page(read_kept()))
    missing = [entry.scenario for entry in entries() if entry.scenario not in read_kept().runs]
    print(f"{PAGE.relative_to(ROOT)}: {len(entries())} entries, {len(missing)} of them without a run")


if __name__ == "__main__":
    main()
