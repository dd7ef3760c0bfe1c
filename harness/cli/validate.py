"""`chaos validate`: every mistake in scenario files, with its place."""

import click

from harness.errors import Caution, Mistake, ScenarioInvalid


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
def command(scenarios: tuple[str, ...]) -> None:
    """Check SCENARIOs, files or names of bundled ones; starts nothing.

    Prints one line a good file, and file:line:column for every mistake of the others. Exit code 2 if there is one.
    What would make a run prove little is a warning on stderr, which changes no exit code.

    \b
      chaos validate scenarios/*.yaml
    """
    from harness.planning.reading import read_warned
    from harness.processes.open_files import doubt

    mistakes: list[Mistake] = []
    warned: set[Caution] = set()
    for name in scenarios:
        try:
            scenario, _, cautions = read_warned(name)
        except ScenarioInvalid as invalid:
            mistakes.extend(invalid.mistakes)
            continue
        labels = ", ".join(block.label for block in scenario.systems)
        counts = f"{scenario.load.tickets} tickets, {len(scenario.faults)} faults, {len(scenario.expect)} expectations"
        if doubtful := doubt(scenario):
            click.echo(f"warning: {doubtful}", err=True)
        click.echo(f"{name}: ok ({counts}; systems: {labels})")
        for one in cautions:
            if one not in warned:
                click.echo(str(one), err=True)
        warned.update(cautions)
    if mistakes:
        raise ScenarioInvalid(mistakes)
