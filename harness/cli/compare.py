"""`chaos compare`: two runs, or two folders of runs, side by side."""

import sys
from pathlib import Path

import click

from harness.cli.exits import exit_code_of
from harness.cli.screen import metrics_option, screen, show


@click.command()
@click.argument("base", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("new", metavar="RUN_B", type=click.Path(path_type=Path))
@click.option(
    "--fail-on", "conditions", multiple=True, metavar="GATE", help="Fail if a metric changed by more; repeatable."
)
@click.option("--force", "is_forced", is_flag=True, help="Compare although the plans differ.")
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    type=click.Choice(("table", "markdown", "json")),
    help="Output format.",
)
@metrics_option
def command(base: Path, new: Path, conditions: tuple[str, ...], form: str, metrics: str, *, is_forced: bool) -> None:
    """Compare RUN_B with the base RUN_A, metric by metric: what changed, and whether the data can tell.

    Each is a run's folder, or a folder of runs whose repetitions are taken together. Seed, load, desk and faults must
    be the same; settings of the systems may differ, and are named.

    \b
      chaos compare reports/main reports/latest
      chaos compare A B --fail-on "lost > +0"
      chaos compare A B --fail-on "temporal.recovery_p95 > +20% and > +200ms"

    A GATE is a metric, perhaps of one system, and how far it may change: an absolute limit in its unit, a relative
    one, or both. It fails only beyond the limits and beyond what repetitions spread by themselves.

    Exit code: 0; with --fail-on, 1 if a gate fails and 3 if the data cannot tell; 2 for what is not a complete run.
    """
    from harness.comparing.gate import judge_gates, read_gate, verdict_of
    from harness.comparing.runs import compare_runs
    from harness.report.formats import changes
    from harness.runfolder.stored import runs_in

    # Before the runs are read, which takes longer: a slip in a gate is told at once.
    gates = [read_gate(text) for text in conditions]
    comparisons = compare_runs(runs_in(base), runs_in(new), is_forced=is_forced)
    judgements = judge_gates(gates, comparisons)
    if form == "table":
        on = screen()
        is_full = metrics == "all"
        show(changes.render_table(comparisons, judgements, width=on.width, color=on.color, is_full=is_full), on)
    else:
        click.echo({"markdown": changes.render_markdown, "json": changes.render_json}[form](comparisons, judgements))
    sys.exit(exit_code_of(verdict_of(judgements)) if gates else 0)
