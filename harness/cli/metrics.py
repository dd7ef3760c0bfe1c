"""`chaos metrics`: the catalogue."""

import json

import click

from harness.catalogue import CATALOGUE, GROUPS


@click.command()
@click.option("--format", "form", default="table", show_default=True, type=click.Choice(("table", "json")))
def command(form: str) -> None:
    """Print every metric with its unit, its meaning, and which direction is better."""
    if form == "json":
        click.echo(json.dumps([metric._asdict() for metric in CATALOGUE.values()], indent=2))
        return
    width = max(map(len, CATALOGUE))
    for group in GROUPS:
        click.echo(click.style(group, bold=True))
        for metric in CATALOGUE.values():
            if metric.group == group:
                click.echo(f"  {metric.name:{width}}  {metric.unit:5}  {metric.better:7}  {metric.meaning}")
