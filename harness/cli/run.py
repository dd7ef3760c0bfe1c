"""`chaos run`: scenarios through their systems, judged and tabulated."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from harness.cli.exits import exit_code_of, worst
from harness.errors import ChaosError, Interrupted, Mistake, ScenarioInvalid, UsageInvalid

if TYPE_CHECKING:
    from harness.run import Outcome
    from harness.scenario import Scenario

FORMATS = ("table", "json")


@click.command(short_help="Put the same tickets and faults through every system, and judge.")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--all", "is_all", is_flag=True, help="Run every bundled scenario, and end with one summary.")
@click.option("--jobs", type=click.IntRange(1), help="Scenarios at a time; default 1, with --all one more than cores.")
@click.option("--system", "labels", multiple=True, metavar="LABEL", help="Run this column only; may be repeated.")
@click.option("--seed", type=int, help="Seed of tickets, outcomes and faults, in place of the scenario's.")
@click.option("--repeat", type=click.IntRange(1), help="Repetitions of every system, in place of the scenario's.")
@click.option("--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Where runs land.")
@click.option("--format", "form", default="table", show_default=True, type=click.Choice(FORMATS), help="Of the result.")
def command(
    scenarios: tuple[str, ...],
    labels: tuple[str, ...],
    seed: int | None,
    repeat: int | None,
    out: Path,
    form: str,
    jobs: int | None,
    *,
    is_all: bool,
) -> None:
    """Run SCENARIOs, files or names of bundled ones, and judge them.

    Progress goes to stderr, the result to stdout, the evidence into a folder of its own below --out.

    \b
      chaos run worker-kill
      chaos run mine.yaml --system temporal --seed 7 --format json
      chaos run --all

    With --jobs above 1, scenarios share the machine: what is lost or repeated stays the same, times get longer.

    Exit code: 0 pass, 1 an expectation fails, 2 bad input (nothing was started), 3 unknown, 4 the harness or the
    ground under it broke, 130 interrupted. Of several scenarios the worst counts.
    """
    names = _names(scenarios, is_all=is_all)
    loaded = _load_all(names, labels, seed, repeat)
    at_once = jobs or ((os.cpu_count() or 1) + 1 if is_all else 1)
    if is_all or at_once > 1:
        from harness.cli.suite import run_all
        from harness.suite import estimate_s

        given = {"--seed": seed, "--repeat": repeat, "--out": out}
        options = [part for key, value in given.items() if value is not None for part in (key, str(value))]
        if is_all:
            longest_first = sorted(zip(names, loaded, strict=True), key=lambda one: -estimate_s(one[1][0]))
            names = tuple(name for name, _ in longest_first)
        sys.exit(run_all(names, [*options, *(part for label in labels for part in ("--system", label))], at_once, form))
    _run_in_turn(loaded, labels, out, form)


def _names(scenarios: tuple[str, ...], *, is_all: bool) -> tuple[str, ...]:
    if is_all and scenarios:
        raise UsageInvalid("--all runs every bundled scenario: name none beside it")
    if not is_all and not scenarios:
        raise UsageInvalid("expected a SCENARIO, a file or a bundled name (`chaos list`), or --all")
    if not is_all:
        return scenarios
    from harness.reading.bundled import bundled

    return tuple(str(path) for path in bundled())


def _run_in_turn(loaded: list[tuple["Scenario", str]], labels: tuple[str, ...], out: Path, form: str) -> NoReturn:
    from harness.progress import Progress
    from harness.run import run

    outcomes: list[Outcome] = []
    for scenario, text in loaded:
        chosen = labels or tuple(block.label for block in scenario.systems)
        outcomes.append(run(scenario, text, out, chosen, Progress(sys.stderr)))
        if form == "table":
            _print_table(outcomes[-1])
        if isinstance(outcomes[-1].error, Interrupted):
            break
    if form == "json":
        _print_json(outcomes, is_one=len(loaded) == 1)
    for outcome in outcomes:
        if outcome.error is not None:
            click.echo(f"error: {outcome.error}", err=True)
    sys.exit(worst(_code(outcome) for outcome in outcomes))


def _load_all(
    names: tuple[str, ...], labels: tuple[str, ...], seed: int | None, repeat: int | None
) -> list[tuple["Scenario", str]]:
    """Read and check every scenario before anything starts; raises ScenarioInvalid with the mistakes of all."""
    from harness.reading import read

    loaded: list[tuple[Scenario, str]] = []
    mistakes: list[Mistake] = []
    for name in names:
        try:
            loaded.append(read(name, seed=seed, repeat=repeat))
        except ScenarioInvalid as invalid:
            mistakes.extend(invalid.mistakes)
    if mistakes:
        raise ScenarioInvalid(mistakes)
    for scenario, _ in loaded:
        _check_labels(scenario, labels)
    return loaded


def _check_labels(scenario: "Scenario", labels: tuple[str, ...]) -> None:
    known = [block.label for block in scenario.systems]
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise UsageInvalid(f"--system {unknown[0]}: {scenario.name} has the systems {', '.join(known)}")


def _code(outcome: "Outcome") -> int:
    error: ChaosError | None = outcome.error
    return error.exit_code if error is not None else exit_code_of(outcome.result.verdict)


def _print_table(outcome: "Outcome") -> None:
    from harness.report.table import render

    click.echo(render(outcome.result, folder=str(outcome.folder), color=sys.stdout.isatty()))


def _print_json(outcomes: list["Outcome"], *, is_one: bool) -> None:
    from harness.report.json_report import render, render_all

    results = [outcome.result for outcome in outcomes]
    click.echo(render(results[0]) if is_one else render_all(results))
