"""`chaos report`: a recorded run rendered again."""

import os
import sys
from pathlib import Path

import click

from harness.cli.screen import Screen, metrics_option, screen
from harness.report.formats import FORMATS, PAGE, ReportInput, look


@click.command()
@click.argument("run", default="reports/latest", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", default=PAGE, show_default=True, type=click.Choice(tuple(FORMATS)), help="Output format."
)
@metrics_option
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; - is stdout.")
def command(run: Path, form: str, metrics: str, output: Path | None) -> None:
    """Render the run in folder RUN again (default: reports/latest). Exits 0 whatever its verdict.

    HTML is written into the run's folder as report.html unless --output says otherwise; every other format goes to
    stdout, and so does HTML where it is asked for by name and stdout is a file or a pipe.

    \b
      chaos report reports/latest                     a page with charts
      chaos report reports/latest --format table      what `chaos run` printed
      chaos report reports/latest --format markdown   for a pull request
    """
    from harness.judging.run import begun, conclude_looking

    repetitions = sum(map(len, begun(run).values()))
    result, pictures = conclude_looking(run, look((form,), repetitions), processes=os.cpu_count() or 1)
    target = output or (run / FORMATS[form].file if form == PAGE else Path("-"))
    on = screen() if str(target) == "-" else Screen()
    report = ReportInput(result, pictures, str(run), on.width, on.color, is_full=metrics == "all")
    page = FORMATS[form].render(report)
    if str(target) == "-" or (output is None and _is_redirected()):
        sys.stdout.write(page if page.endswith("\n") else f"{page}\n")
    if str(target) != "-":
        if output is None:
            _put(target, page)
        else:
            target.write_text(page, encoding="utf-8")
        click.echo(f"{target}: {len(page.encode()) / 1e6:.1f} MB", err=True)


def _put(target: Path, page: str) -> None:
    """Write a page into a run's folder, in the place of whatever stands there: a link is replaced, not what it names.

    A run may be somebody else's, and their link would have us write over a file of ours.
    """
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        fresh.write_text(page, encoding="utf-8")
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _is_redirected() -> bool:
    """Say whether the format was named, and what is printed goes where a person does not look."""
    source = click.get_current_context().get_parameter_source("form")
    return source is click.core.ParameterSource.COMMANDLINE and not sys.stdout.isatty()
