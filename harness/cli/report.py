"""`chaos report`: a recorded run rendered again."""

import os
import sys
from pathlib import Path

import click

from harness.report.formats import FILES, FORMATS


@click.command()
@click.argument("run", default="reports/latest", type=click.Path(path_type=Path))
@click.option("--format", "form", default="html", show_default=True, type=click.Choice(tuple(FORMATS)))
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Into this file; - is stdout.")
def command(run: Path, form: str, output: Path | None) -> None:
    """Render the run in folder RUN again (default: reports/latest). Exits 0 whatever its verdict.

    HTML goes into the run's folder as report.html unless --output says otherwise; all else goes to stdout, as HTML does
    too where it is asked for by name and stdout leads into a file or a pipe.

    \b
      chaos report reports/latest                       one page with pictures, for a meeting
      chaos report reports/latest --format markdown     for a pull request
    """
    from harness.judging.run import begun, conclude_looking
    from harness.report.formats import look, render

    repetitions = sum(map(len, begun(run).values()))
    result, pictures = conclude_looking(run, look((form,), repetitions), processes=os.cpu_count() or 1)
    page = render(form, result, pictures, run)
    target = output or (run / FILES[form] if form == "html" else Path("-"))
    if str(target) == "-" or (output is None and _is_redirected()):
        sys.stdout.write(page if page.endswith("\n") else f"{page}\n")
    if str(target) != "-":
        target.write_text(page, encoding="utf-8")
        click.echo(f"{target}: {len(page.encode()) / 1e6:.1f} MB", err=True)


def _is_redirected() -> bool:
    """Say whether the format was named, and what is printed goes where a person does not look."""
    source = click.get_current_context().get_parameter_source("form")
    return source is click.core.ParameterSource.COMMANDLINE and not sys.stdout.isatty()
