"""`chaos metrics`: the catalogue."""

import json

import click

from harness.catalogue import CATALOGUE, GROUPS

PUBLISHED = (
    *("name", "group", "unit", "meaning", "better"),
    *("is_derived", "label", "headline_rank", "is_always_shown"),
)
"""What the JSON says of a metric; the rest is how reports word and place it."""


@click.command()
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(("table", "json")), help="Output format."
)
def command(form: str) -> None:
    """Print every metric with its unit, its meaning, and which direction is better."""
    if form == "json":
        click.echo(
            json.dumps([{key: getattr(metric, key) for key in PUBLISHED} for metric in CATALOGUE.values()], indent=2)
        )
        return
    from harness.cli.screen import screen, show
    from harness.report.text.layout import folded, painted

    on = screen()
    width = max(map(len, CATALOGUE))
    for group in GROUPS:
        show(painted(group, "bold") if on.color else group, on)
        for metric in CATALOGUE.values():
            if metric.group == group:
                line = f"  {metric.name:{width}}  {metric.unit:5}  {metric.better:7}  {metric.meaning}"
                click.echo("\n".join(folded([line], on.width, " " * (width + 20))))
