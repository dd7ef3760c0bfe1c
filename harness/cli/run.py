"""`chaos run`: scenarios through their systems, judged and tabulated."""

import math
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.duration import seconds_above_0
from harness.cli.run_options import NONE, RunOptions
from harness.cli.screen import metrics_option
from harness.errors import Caution, Mistake, ScenarioInvalid, UsageInvalid
from harness.faults.spec import applies
from harness.report.formats import PAGE, TERMINAL, printed_names, report_names
from systems.desk.units import MOST_REPETITIONS, MOST_SEED

if TYPE_CHECKING:
    from harness.planning.scenario import Scenario

MOST_JOBS = 1024
REPORTS = report_names()
"""What can be written beside the record; `result.json` always is."""


class Whole(click.IntRange):
    """A whole number within bounds that a help text need not name; one beyond them is refused with them."""

    def _describe_range(self) -> str:
        return ""


@click.command(short_help="Run scenarios on every system, and judge.")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--all", "is_all", is_flag=True, help="Run every bundled scenario, and end with one summary.")
@click.option("--system", "labels", multiple=True, metavar="LABEL", help="Run only this system; repeatable.")
@click.option(
    "--seed",
    type=Whole(-MOST_SEED, MOST_SEED),
    metavar="N",
    help="Seed of tickets, outcomes and faults; default the scenario's.",
)
@click.option(
    "--repeat",
    type=Whole(1, MOST_REPETITIONS),
    metavar="N",
    help="Repetitions of every system; default the scenario's.",
)
@click.option(
    "--jobs",
    type=Whole(1, MOST_JOBS),
    metavar="N",
    help="Scenarios to run at a time. Default 1; with --all, half the cores.",
)
@click.option(
    "--time-limit",
    "limit_s",
    metavar="DURATION",
    callback=seconds_above_0,
    help="Longest time for each scenario, such as 5m; then it is interrupted. Default none; with --ci, 10m.",
)
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder to put runs into."
)
@click.option(
    "--format",
    "form",
    default=TERMINAL,
    show_default=True,
    type=click.Choice(printed_names()),
    help="Output format.",
)
@metrics_option
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT",
    type=click.Choice((*REPORTS, NONE)),
    help=f"Report to write into the run's folder: {', '.join(REPORTS)} or {NONE}; repeatable. "
    f"Default {PAGE}; with --all, none.",
)
@click.option("--ci", "is_ci", is_flag=True, help="Run as a CI job: time limits, report files, summary, annotations.")
def command(
    scenarios: tuple[str, ...],
    labels: tuple[str, ...],
    seed: int | None,
    repeat: int | None,
    out: Path,
    form: str,
    metrics: str,
    jobs: int | None,
    reports: tuple[str, ...],
    limit_s: float | None,
    *,
    is_all: bool,
    is_ci: bool,
) -> None:
    """Run each SCENARIO (a file, a folder of files, or a bundled name) on every system, and judge.

    \b
      chaos run worker-kill
      chaos run mine.yaml --system temporal --seed 7
      chaos run scenarios/ --jobs 2
      chaos run --all --ci

    Progress goes to stderr, the result to stdout, and the evidence into a new folder in --out.

    With --jobs above 1, scenarios share the machine: counts stay the same, times get longer.

    --ci writes report.html, report.md, junit.xml and metrics.csv into each run's folder, and one junit.xml for all
    into --out; on GitHub it also fills the step summary and annotates the scenarios.

    \b
    Exit code (of several scenarios, the worst):
      0    pass
      1    an expectation fails
      2    bad input; nothing was started
      3    unknown, or a time limit was hit
      4    the harness broke, or an environment failure
      130  interrupted
    """
    if is_ci:
        from harness.cli import ci

        ci.take_over_streams()
        reports, limit_s = (*ci.REPORTS, *reports), limit_s or ci.LIMIT_S
    out = (
        out.absolute() if str(out).startswith("-") else out
    )  # or a command that it is handed to takes it for an option
    reports = wanted(reports, is_all=is_all)
    limit_s = None if limit_s is None or math.isinf(limit_s) else limit_s
    options = RunOptions(labels, seed, repeat, out, form, limit_s, tuple(dict.fromkeys(reports)), metrics == "all")
    names = _names(scenarios, is_all=is_all)
    with ci.mistakes_annotated() if is_ci else nullcontext():
        loaded = _load_all(names, labels, seed, repeat)
    _warn([scenario for scenario, _ in loaded])
    # Half the cores, as a scenario keeps more than one of them busy: workers, an engine, the harness itself.
    at_once = jobs or (max(1, (os.cpu_count() or 1) // 2) if is_all else 1)
    if is_all or at_once > 1:
        from harness.cli.suite import run_all

        code, ended = run_all(_longest_first(names, loaded) if is_all else names, options, at_once)
    else:
        from harness.cli.sequential import run_in_turn

        code, ended = run_in_turn(names, loaded, options)
    if is_ci:
        ci.publish(ended, code, out)
    sys.exit(code)


def _warn(scenarios: list["Scenario"]) -> None:
    """Say on stderr where this machine may not give what a scenario needs."""
    from harness.processes.open_files import doubt

    for doubtful in filter(None, map(doubt, scenarios)):
        click.echo(f"warning: {doubtful}", err=True)


def wanted(reports: tuple[str, ...], *, is_all: bool) -> tuple[str, ...]:
    """Return the reports to write: the page where nothing was asked for, but not 24 pages."""
    if NONE in reports and set(reports) != {NONE}:
        raise UsageInvalid("--report none: name no other report beside it")
    return () if NONE in reports or (is_all and not reports) else reports or (PAGE,)


def _longest_first(names: tuple[str, ...], loaded: list[tuple["Scenario", str]]) -> tuple[str, ...]:
    """Sort scenarios so that no long one begins when all others have ended."""
    from harness.planning.estimate import estimate_s

    took_s = {name: estimate_s(scenario) for name, (scenario, _) in zip(names, loaded, strict=True)}
    return tuple(sorted(names, key=lambda name: -took_s[name]))


def _names(scenarios: tuple[str, ...], *, is_all: bool) -> tuple[str, ...]:
    if is_all and scenarios:
        raise UsageInvalid("--all runs every bundled scenario: name none beside it")
    if not is_all and not scenarios:
        raise UsageInvalid("expected a SCENARIO, a file or a bundled name (`chaos list`), or --all")
    if not is_all:
        from harness.planning.reading.telling import expanded

        return expanded(scenarios)
    from harness.planning.reading.bundled import bundled

    return tuple(str(path) for path in bundled())


def _load_all(
    names: tuple[str, ...], labels: tuple[str, ...], seed: int | None, repeat: int | None
) -> list[tuple["Scenario", str]]:
    """Read and check every scenario before anything starts; raises ScenarioInvalid with the mistakes of all.

    What would make a run prove little is printed on stderr.
    """
    from harness.planning.reading import read_warned

    loaded: list[tuple[Scenario, str]] = []
    mistakes: list[Mistake] = []
    cautions: list[Caution] = []
    for name in names:
        try:
            scenario, text, warned = read_warned(name, seed=seed, repeat=repeat, labels=labels)
            loaded.append((scenario, text))
            cautions += warned
        except ScenarioInvalid as invalid:
            mistakes.extend(invalid.mistakes)
    if mistakes:
        raise ScenarioInvalid(mistakes)
    for scenario, _ in loaded:
        _check_labels(scenario, labels)
    _check_faults([scenario for scenario, _ in loaded], labels)
    for caution in dict.fromkeys(cautions):
        click.echo(str(caution), err=True)
    return loaded


def _check_labels(scenario: "Scenario", labels: tuple[str, ...]) -> None:
    known = [block.label for block in scenario.systems]
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise UsageInvalid(f"--system {unknown[0]}: {scenario.name} has the systems {', '.join(known)}")


def _check_faults(scenarios: list["Scenario"], labels: tuple[str, ...]) -> None:
    """Refuse a selection that leaves a fault without a system to take it: the run would prove nothing of it."""
    for scenario in scenarios:
        chosen = [block for block in scenario.systems if not labels or block.label in labels]
        alone = [
            fault
            for fault in scenario.faults
            if not any(applies(fault, scenario.faults, block.capabilities, block.label) for block in chosen)
        ]
        if alone:
            fault = f"the {alone[0].__struct_config__.tag} of {scenario.name} (line {alone[0].line})"
            raise UsageInvalid(f"--system: expected a system that can take {fault}, found only {', '.join(labels)}")
