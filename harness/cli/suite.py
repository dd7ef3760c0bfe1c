"""The command line of a suite: its progress, the tables of what did not pass, then a summary."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from harness.cli.exits import worst
from harness.cli.run_options import RunOptions
from harness.cli.screen import screen, show
from harness.errors import Interrupted
from harness.planning.estimate import estimate_s
from harness.processes.child_run import run_suite
from harness.progress.suite import SuiteProgress
from harness.runfolder.run_summary import Ended
from harness.text import printable


@dataclass(slots=True)
class _Kept:
    """Keeps what ended, and passes on how the suite goes."""

    progress: SuiteProgress
    all: list[Ended] = field(default_factory=list)

    def begun(self, scenario: str) -> None:
        self.progress.begun(scenario)

    def ended(self, scenario: str, one: Ended) -> None:
        self.all.append(one)
        verdict = one.result.verdict if one.result is not None else f"exit {one.code}"
        self.progress.ended(scenario, f"{printable(one.name, 80)}: {verdict} in {one.took_s:.0f} s", one.said)

    def tick(self) -> None:
        self.progress.tick()


def run_all(scenarios: Sequence[str], options: RunOptions, jobs: int) -> tuple[int, list[Ended]]:
    """Run a suite and print what it came to; return the exit code, and each that ended."""
    began = time.monotonic()
    kept = _Kept(SuiteProgress(sys.stderr, scenarios, _guesses(scenarios, options), jobs))
    try:
        _run(scenarios, options, jobs, kept)
    except Interrupted as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code, kept.all
    by_name = sorted(kept.all, key=lambda one: one.name)
    if options.form == "json":
        from harness.report.formats.json_report import render_all

        click.echo(render_all([one.result for one in by_name]))
    elif options.form == "markdown":
        from harness.report.formats.markdown_suite import render_all as render_markdown

        click.echo(render_markdown(by_name), nl=False)
    else:
        _print(by_name, jobs, time.monotonic() - began, is_full=options.is_full)
    return worst(one.code for one in kept.all), by_name


def _run(scenarios: Sequence[str], options: RunOptions, jobs: int, kept: _Kept) -> None:
    try:
        run_suite(scenarios, options.out, options.as_arguments(), jobs, kept)
    finally:
        kept.progress.done()


def _guesses(scenarios: Sequence[str], options: RunOptions) -> dict[str, float]:
    """Guess how long each scenario will take (s) as it was options for."""
    from harness.planning.reading import read

    loaded = {name: read(name, seed=options.seed, repeat=options.repeat)[0] for name in scenarios}
    return {name: estimate_s(scenario, options.labels) for name, scenario in loaded.items()}


def _print(ended: Sequence[Ended], jobs: int, took_s: float, *, is_full: bool) -> None:
    """Print in full what did not pass, then the summary of everything."""
    from harness.report.formats.summary import render
    from harness.report.formats.table import render as render_table

    on = screen()
    for one in ended:
        if one.result is not None and one.code != 0:
            text = render_table(one.result, folder=one.folder, width=on.width, color=on.color, is_full=is_full)
            show(f"{text}\n", on)
    results = [one.result for one in ended if one.result is not None]
    show(render(results, width=on.width, color=on.color), on)
    passed = sum(one.code == 0 for one in ended)
    together = f", {jobs} at a time (times are those of a shared machine)" if jobs > 1 else ""
    click.echo(f"\n{passed} of {len(ended)} scenarios pass, in {took_s:.0f} s{together}")
    for one in ended:
        if one.result is None:
            click.echo(f"{printable(one.name, 80)}: no result (exit {one.code})")
