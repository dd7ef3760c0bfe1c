"""`chaos check`: judge a recorded run again, from its folder alone."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.exits import exit_code_of
from harness.cli.screen import Screen, metrics_option, screen, write
from harness.report.formats import FORMATS, RECORD, TERMINAL, ReportInput

if TYPE_CHECKING:
    from harness.runfolder.result import Result


@click.command()
@click.argument("run", default="reports/latest", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default=TERMINAL,
    show_default=True,
    type=click.Choice((TERMINAL, RECORD)),
    help="Output format.",
)
@metrics_option
def command(run: Path, form: str, metrics: str) -> None:
    """Judge the run in folder RUN again (default: reports/latest), and say whether it gives the same result.

    Everything is worked out anew from the plan, the journals, the ledger and the store. Exits by the verdict, as `chaos
    run` does.

    \b
      chaos check reports/20260101-120000-worker-kill-1a2b
    """
    from harness.judging.run import conclude

    result = conclude(run, processes=os.cpu_count() or 1)
    on = screen() if form == TERMINAL else Screen()
    report = ReportInput(result, folder=str(run), width=on.width, color=on.color, is_full=metrics == "all")
    write(FORMATS[form].render(report), on)
    if form == TERMINAL:
        _tell_differences(result, run)
    sys.exit(exit_code_of(result.verdict))


def _tell_differences(result: "Result", run: Path) -> None:
    """Say in which figures this judgement differs from the one that the run wrote."""
    import msgspec

    from harness.decoding import UNREADABLE
    from harness.runfolder.result import Result

    try:
        before = msgspec.json.decode((run / FORMATS[RECORD].file).read_bytes(), type=Result)
    except (OSError, *UNREADABLE):
        click.echo("the run wrote no result of its own")
        return
    differing = [
        f"{label}, repetition {number}: {name} was {old.metrics.get(name)}, is {new.metrics.get(name)}"
        for label, system in result.systems.items()
        for number, (new, old) in enumerate(
            zip(system.repetitions, before.systems[label].repetitions, strict=False), start=1
        )
        for name in new.metrics | old.metrics
        if new.metrics.get(name) != old.metrics.get(name)
    ]
    if before.verdict != result.verdict:
        differing.append(f"the verdict was {before.verdict}, is {result.verdict}")
    click.echo("\n".join(differing) if differing else "the same figures and verdict as when the run ended")
