"""Scenarios one after the other in this process, with their progress on stderr."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.exits import exit_code_of, worst
from harness.cli.run_options import RunOptions
from harness.cli.screen import screen, show
from harness.errors import ChaosError, Interrupted
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
        if options.form == "table" and ended[-1].result is not None:
            _print_table(ended[-1], options)
        if ended[-1].code == Interrupted.exit_code:
            break
    _print_all(ended, options.form, len(loaded))
    if options.form == "table" and len(ended) > 1:
        _print_summary(ended)
    for one in ended:
        if one.said:
            click.echo(f"error: {one.said}", err=True)
    return worst(one.code for one in ended), ended


def _run(name: str, scenario: "Scenario", text: str, options: RunOptions) -> Ended:
    from harness.execution.run import run
    from harness.progress import Progress

    began, progress = time.monotonic(), Progress(sys.stderr)
    labels = options.labels or tuple(block.label for block in scenario.systems)
    try:
        done = run(scenario, text, options.out, labels, progress, limit_s=options.limit_s, reports=options.reports)
    except ChaosError as error:  # not even a folder could be made, or kept
        return Ended(name, error.exit_code, None, said=str(error), took_s=time.monotonic() - began)
    said = "" if done.error is None else str(done.error)
    return Ended(name, _code(done), done.result, str(done.folder), said, time.monotonic() - began)


def _code(outcome: "Outcome") -> int:
    return outcome.error.exit_code if outcome.error is not None else exit_code_of(outcome.result.verdict)


def _print_table(one: Ended, options: RunOptions) -> None:
    from harness.report.formats import FILES
    from harness.report.formats.table import render

    assert one.result is not None  # noqa: S101 - who calls has looked
    on = screen()
    show(render(one.result, folder=one.folder, width=on.width, color=on.color, is_full=options.is_full), on)
    if "html" in options.reports:
        click.echo(f"report: {Path(one.folder) / FILES['html']}")


def _print_summary(ended: Sequence[Ended]) -> None:
    """Print a row for each system of every scenario, once all of them are behind the reader."""
    from harness.report.formats.summary import render

    on = screen()
    results = [one.result for one in ended if one.result is not None]
    show("\n" + render(results, width=on.width, color=on.color), on)


def _print_all(ended: Sequence[Ended], form: str, asked_for: int) -> None:
    """Print what several scenarios came to together, in the formats that hold them all."""
    results = [one.result for one in ended]
    if form == "json":
        from harness.report.formats.json_report import render, render_all

        if asked_for > 1:
            click.echo(render_all([*results, *[None] * (asked_for - len(ended))]))
        elif results[0] is not None:
            click.echo(render(results[0]))
    elif form == "markdown":
        from harness.report.formats.markdown_suite import render_all as render_markdown

        click.echo(render_markdown(ended), nl=False)
