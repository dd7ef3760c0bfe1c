"""`chaos schema`: the JSON Schema of a scenario, or of a result."""

import json

import click


@click.command()
@click.option("--result", "is_of_result", is_flag=True, help="Print the schema of result.json instead.")
def command(*, is_of_result: bool) -> None:
    """Print the JSON Schema of a scenario, for editors that complete and check YAML.

    \b
      chaos schema > scenario.schema.json

    To use it, begin a scenario with this line:

    \b
      # yaml-language-server: $schema=scenario.schema.json

    With --result, print the schema of what `chaos run --format json` prints: one run's result.json, or several in one
    document.
    """
    if is_of_result:
        from harness.report.formats.result_schema import result_schema

        schema = result_schema()
    else:
        from harness.planning.reading.json_schema import scenario_schema

        schema = scenario_schema()
    click.echo(json.dumps(schema, indent=2))
