"""The command group: names and one line of help at once, everything else when a command is called."""

from importlib import import_module

import click

from harness import __version__

COMMANDS = {
    "run": "Put the same tickets and faults through every system, and judge.",
    "plan": "Print what a scenario will do, byte for byte the same every time.",
    "validate": "Check scenario files; starts nothing.",
    "check": "Judge a recorded run again.",
    "report": "Render a recorded run: HTML, Markdown, JUnit, CSV, JSON, table.",
    "compare": "Set two runs side by side, and say what changed.",
    "explain": "Unfold a figure to its rows, or tell a ticket's story.",
    "list": "List the bundled scenarios and the question each answers.",
    "metrics": "Print the catalogue of metrics.",
    "schema": "Print the JSON Schema of a scenario, for editors.",
    "doctor": "Say what this machine lacks, and how to mend it.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Return the commands in the order of a user's day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__package__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chaos")
def chaos() -> None:
    """Compare how a synchronous service and Temporal survive the same faults.

    A scenario (YAML) says which tickets arrive and what breaks. `chaos run` puts the same tickets and the same
    faults through every system, counts from outside what was lost, repeated and recovered, and judges.

    \b
      chaos list                     the bundled scenarios
      chaos run worker-kill          the main comparison
      chaos validate mine.yaml       every mistake, with its line
    """
