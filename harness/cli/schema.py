"""`chaos schema`: the JSON Schema of a scenario."""

import json

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of a scenario, for editors that complete and check YAML.

    \b
      chaos schema > scenario.schema.json
      # yaml-language-server: $schema=scenario.schema.json      (first line of a scenario)
    """
    from harness.reading.json_schema import scenario_schema

    click.echo(json.dumps(scenario_schema(), indent=2))
