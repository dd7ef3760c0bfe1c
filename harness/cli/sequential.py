"""Scenarios one after the other in this process, with their progress on stderr."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.exits import exit_code_of, worst
from harness.cli.run_options import RunOptions
from harness.cli.screen import screen, show, write
from harness.errors import ChaosError, Interrupted
from harness.report.formats import FORMATS, PAGE, TERMINAL, ReportInput, SuiteInput, render_suite
from harness.runfolder.run_summary import Ended

if TYPE_CHECKING:
    from harness.execution.run import Outcome
    from harness.planning.scenario import Scenario


def run_in_turn(
    names: Sequence[str], loaded: Sequence[tuple["Scenario", str]], options: RunOptions
) -> tuple[int, list[Ended]]:
    """Run scenarios (with the text of their files) and print what they came to; return the exit code, and each."""
    ended: list[Ended] = []
    for name, (scenario, text) in zip(names, loaded, strict=True):
        ended.append(_run(name, scenario, text, options))
        if options.form == TERMINAL:
            _print_table(ended[-1], options)
        if ended[-1].code == Interrupted.exit_code:
            break
    if options.form != TERMINAL:
        write(render_suite(options.form, SuiteInput(ended, len(ended) < len(loaded), len(loaded) == 1)))
    elif len(ended) > 1:
        _print_summary(ended)
    # At the very end: an error between the tables of other scenarios would be scrolled past.
    for run in ended:
        if run.said:
            click.echo(f"error: {run.said}", err=True)
    return worst(run.code for run in ended), ended


def _run(name: str, scenario: "Scenario", text: str, options: RunOptions) -> Ended:
    from harness.execution.run import run
    from harness.progress import Progress

    began, progress = time.monotonic(), Progress(sys.stderr)
    labels = options.labels or tuple(block.label for block in scenario.systems)
    try:
        done = run(scenario, text, options.out, labels, progress, limit_s=options.limit_s, reports=options.reports)
    except ChaosError as error:  # not even a folder could be made, or kept
        return Ended(name, error.exit_code, None, said=str(error), took_s=time.monotonic() - began)
    problem = "" if done.error is None else str(done.error)
    return Ended(name, code_of(done), done.result, str(done.folder), problem, time.monotonic() - began)


def code_of(outcome: "Outcome") -> int:
    """Return the exit code of a run that ended."""
    return outcome.error.exit_code if outcome.error is not None else exit_code_of(outcome.result.verdict)


def _print_table(run: Ended, options: RunOptions) -> None:
    """Print what a scenario came to, if it came to anything, while the others have yet to run."""
    if run.result is None:
        return
    on = screen()
    report = ReportInput(run.result, folder=run.folder, width=on.width, color=on.color, is_full=options.is_full)
    show(FORMATS[TERMINAL].render(report), on)
    if PAGE in options.reports:
        click.echo(f"report: {Path(run.folder) / FORMATS[PAGE].file}")


def _print_summary(ended: Sequence[Ended]) -> None:
    """Print a row for each system of every scenario, once all of them are behind the reader."""
    from harness.report.formats.summary import render_suite as render_summary

    on = screen()
    show("\n" + render_summary(SuiteInput(ended, width=on.width, color=on.color)), on)
