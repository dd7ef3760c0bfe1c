"""What a person looks at: how wide it is and whether it takes colour; the option for how much of a table they want."""

import os
import sys
from dataclasses import dataclass
from typing import TextIO

import click

from harness.cli.log_stream import LogStream

ROWS = ("headline", "all")
"""How many rows a table has: those that decide, or every metric's."""
_FORCING = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE"})
"""What makes rich take a pipe for a terminal."""

metrics_option = click.option(
    "--metrics",
    default="headline",
    show_default=True,
    type=click.Choice(ROWS),
    help="Rows of the table: the metrics that decide, or all.",
)


@dataclass(frozen=True, slots=True)
class Screen:
    """`width` in columns (None: it is not known, so lines are not folded), `color` as it was asked for."""

    width: int | None = None
    color: bool = False


def screen(stream: TextIO | None = None) -> Screen:
    """Look at the stream (stdout) that is printed on: FORCE_COLOR, NO_COLOR, TERM and COLUMNS are respected."""
    looked_at = stream or sys.stdout
    if isinstance(looked_at, LogStream) or not (looked_at.isatty() or _FORCING & os.environ.keys()):
        return Screen()
    from rich.console import Console  # a third of the start-up of what prints on no terminal

    console = Console(file=looked_at)
    color = console.color_system is not None and not console.no_color
    return Screen(console.width if looked_at.isatty() else None, color)


def show(text: str, on: Screen) -> None:
    """Print text; colours that were asked for reach a pipe too."""
    click.echo(text, color=on.color)


def write(text: str, on: Screen | None = None) -> None:
    """Print a document, which ends its last line itself or has it ended; an empty one is none."""
    if text:
        click.echo(text, nl=not text.endswith("\n"), color=None if on is None else on.color)
