"""The command line of a suite: a line as each scenario ends, the tables of what did not pass, then a summary."""

import time
from collections.abc import Sequence

import click

from harness.cli.asked import Asked
from harness.cli.exits import worst
from harness.ended import Ended
from harness.errors import Interrupted
from harness.report.printable import printable
from harness.suite import run_suite


def run_all(scenarios: Sequence[str], asked: Asked, jobs: int) -> tuple[int, list[Ended]]:
    """Run a suite and print what it came to; return the exit code, and each that ended."""
    began = time.monotonic()
    ended: list[Ended] = []

    def tell(one: Ended) -> None:
        ended.append(one)
        verdict = one.result.verdict if one.result is not None else f"exit {one.code}"
        place = f"[{time.monotonic() - began:4.0f} s] {len(ended)}/{len(scenarios)}"
        click.echo(f"{place} {printable(one.name, 80)}: {verdict} in {one.took_s:.0f} s", err=True)
        if one.said:
            click.echo(f"{printable(one.name, 80)}: {one.said}", err=True)

    click.echo(f"{len(scenarios)} scenarios, {jobs} at a time", err=True)
    try:
        run_suite(scenarios, asked.out, asked.options(), jobs, tell)
    except Interrupted as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code, ended
    by_name = sorted(ended, key=lambda one: one.name)
    if asked.form == "json":
        from harness.report.json_report import render_all

        click.echo(render_all([one.result for one in by_name if one.result is not None]))
    elif asked.form == "markdown":
        from harness.report.markdown_suite import render_all as render_markdown

        click.echo(render_markdown(by_name), nl=False)
    else:
        _print(by_name, jobs, time.monotonic() - began)
    return worst(one.code for one in ended), by_name


def _print(ended: Sequence[Ended], jobs: int, took_s: float) -> None:
    """Print in full what did not pass, then the summary of everything."""
    from harness.report.summary import render
    from harness.report.table import render as render_table

    for one in ended:
        if one.result is not None and one.code != 0:
            click.echo(render_table(one.result, folder=one.folder) + "\n")
    click.echo(render([one.result for one in ended if one.result is not None]))
    passed = sum(one.code == 0 for one in ended)
    together = f", {jobs} at a time (times are those of a shared machine)" if jobs > 1 else ""
    click.echo(f"\n{passed} of {len(ended)} scenarios pass, in {took_s:.0f} s{together}")
    for one in ended:
        if one.result is None:
            click.echo(f"{printable(one.name, 80)}: no result (exit {one.code})")
