"""The command line of a suite: its progress, the tables of what did not pass, then a summary."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from harness.cli.exits import worst
from harness.cli.run_options import RunOptions
from harness.cli.screen import Screen, screen, write
from harness.errors import Interrupted
from harness.planning.estimate import estimate_s
from harness.processes.child_run import run_suite
from harness.progress.suite import SuiteProgress
from harness.report.formats import TERMINAL, SuiteInput, render_suite
from harness.runfolder.run_summary import Ended
from harness.text import printable


@dataclass(slots=True)
class _Kept:
    """Keeps what ended, and passes on how the suite goes."""

    progress: SuiteProgress
    all: list[Ended] = field(default_factory=list)

    def begun(self, scenario: str) -> None:
        self.progress.begun(scenario)

    def ended(self, scenario: str, run: Ended) -> None:
        self.all.append(run)
        verdict = run.result.verdict if run.result is not None else f"exit {run.code}"
        self.progress.ended(scenario, f"{printable(run.name, 80)}: {verdict} in {run.took_s:.0f} s", run.said)

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
    # They end in another order every time; two summaries are to be comparable line by line.
    by_name = sorted(kept.all, key=lambda run: run.name)
    on = screen() if options.form == TERMINAL else Screen()
    took_s = time.monotonic() - began
    suite = SuiteInput(by_name, jobs=jobs, took_s=took_s, width=on.width, color=on.color, is_full=options.is_full)
    write(render_suite(options.form, suite), on)
    return worst(run.code for run in kept.all), by_name


def _run(scenarios: Sequence[str], options: RunOptions, jobs: int, kept: _Kept) -> None:
    try:
        run_suite(scenarios, options.out, options.as_arguments(), jobs, kept)
    finally:
        kept.progress.done()


def _guesses(scenarios: Sequence[str], options: RunOptions) -> dict[str, float]:
    """Guess how long each scenario will take (s) as it was asked for."""
    from harness.planning.reading import read

    loaded = {name: read(name, seed=options.seed, repeat=options.repeat)[0] for name in scenarios}
    return {name: estimate_s(scenario, options.labels) for name, scenario in loaded.items()}
