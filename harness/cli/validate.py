"""`chaos validate`: every mistake in scenario files, with its place."""

import click

from harness.cli.screen import screen
from harness.errors import Caution, Mistake, ScenarioInvalid


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
def command(scenarios: tuple[str, ...]) -> None:
    """Check each SCENARIO (a file, a folder of files, or a bundled name) without starting anything.

    Prints one line for each good file, and file:line:column for every mistake in the others. What would make a run
    prove little is a warning on stderr. Exit code: 0, or 2 if there is a mistake.

    \b
      chaos validate mine.yaml
      chaos validate scenarios/
    """
    from harness.planning.reading import read_warned
    from harness.planning.reading.telling import expanded
    from harness.processes.open_files import doubt
    from harness.report.text.layout import folded
    from harness.text import escaped

    width = screen().width
    mistakes: list[Mistake] = []
    warned: set[Caution] = set()
    for name in expanded(scenarios):
        try:
            scenario, _, cautions = read_warned(name)
        except ScenarioInvalid as invalid:
            mistakes.extend(invalid.mistakes)
            continue
        labels = ", ".join(block.label for block in scenario.systems)
        counts = ", ".join(
            f"{count} {noun}{'' if count == 1 else 's'}"
            for count, noun in (
                (scenario.load.count, "ticket"),
                (len(scenario.faults), "fault"),
                (len(scenario.expect), "expectation"),
            )
        )
        if doubtful := doubt(scenario):
            click.echo(f"warning: {doubtful}", err=True)
        click.echo("\n".join(folded([f"{escaped(name)}: ok ({counts}; systems: {labels})"], width)))
        for caution in cautions:
            if caution not in warned:
                click.echo(str(caution), err=True)
        warned.update(cautions)
    if mistakes:
        raise ScenarioInvalid(mistakes)
