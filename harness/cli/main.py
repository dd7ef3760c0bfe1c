"""The command group: names and one line of help at once, everything else when a command is called."""

from importlib import import_module

import click

from harness import __version__

COMMANDS = {
    "run": "Run scenarios on every system, and judge.",
    "live": "Run systems live, watch them, and break them by hand.",
    "ticket": "Send, pause, resume and look at tickets of a live session.",
    "fault": "Let faults strike in a live session.",
    "tour": "Show the comparison act by act, in under three minutes.",
    "report": "Render a recorded run: HTML, Markdown, table, CSV, JSON, JUnit.",
    "explain": "Trace a figure to its records, or follow one ticket.",
    "compare": "Compare two runs: what changed, and can the data tell?",
    "check": "Judge a recorded run again.",
    "replay": "Replay a run's histories against a release of the flow.",
    "list": "List the bundled scenarios, and the question each answers.",
    "validate": "Check scenario files without starting anything.",
    "plan": "Print every ticket and fault of a scenario, as JSON.",
    "metrics": "Print every metric with its unit and meaning.",
    "schema": "Print the JSON Schema of a scenario or of a result.",
    "doctor": "Check this machine, and say how to fix what is missing.",
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

    A scenario (YAML) says which tickets arrive and what breaks. Every system gets the same tickets and the same
    faults; what was lost, repeated and recovered is counted from outside, and judged.

    \b
      chaos doctor                          check this machine
      chaos run worker-kill                 the main comparison, in under a minute
      chaos tour                            the whole comparison, act by act
      chaos explain reports/latest T-0020   what became of one ticket
      chaos list                            all bundled scenarios
    """
