"""The command line of a suite: a line as each scenario ends, the tables of what did not pass, then a summary."""

import time
from collections.abc import Sequence

import click

from harness.cli.exits import worst
from harness.errors import Interrupted
from harness.suite import Ended, run_suite


def run_all(scenarios: Sequence[str], options: Sequence[str], jobs: int, form: str) -> int:
    """Run a suite and print what it came to; return the exit code."""
    began, done = time.monotonic(), 0

    def tell(one: Ended) -> None:
        nonlocal done
        done += 1
        verdict = one.result.verdict if one.result is not None else f"exit {one.code}"
        took = (
            f"[{time.monotonic() - began:4.0f} s] {done}/{len(scenarios)} {one.name}: {verdict} in {one.took_s:.0f} s"
        )
        click.echo(took, err=True)
        if one.result is None:
            click.echo(f"{one.name}: {one.said}", err=True)

    click.echo(f"{len(scenarios)} scenarios, {jobs} at a time", err=True)
    try:
        ended = run_suite(scenarios, options, jobs, tell)
    except Interrupted as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    results = [one.result for one in ended if one.result is not None]
    if form == "json":
        from harness.report.json_report import render_all

        click.echo(render_all(results))
    else:
        _print(ended, jobs, time.monotonic() - began)
    return worst(one.code for one in ended)


def _print(ended: Sequence[Ended], jobs: int, took_s: float) -> None:
    """Print in full what did not pass, then the summary of everything."""
    from harness.report.summary import render
    from harness.report.table import render as render_table

    for one in ended:
        if one.result is not None and one.code != 0:
            click.echo(render_table(one.result) + "\n")
    by_name = sorted(ended, key=lambda one: one.name)
    click.echo(render([one.result for one in by_name if one.result is not None]))
    passed = sum(one.code == 0 for one in ended)
    together = f", {jobs} at a time (times are those of a shared machine)" if jobs > 1 else ""
    click.echo(f"\n{passed} of {len(ended)} scenarios pass, in {took_s:.0f} s{together}")
    for one in ended:
        if one.result is None:
            click.echo(f"{one.name}: no result (exit {one.code})")
