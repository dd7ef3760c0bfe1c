"""Text laid out for a width: lines folded between words, and tables that fit, or are stacked. Values only."""

import textwrap
from collections.abc import Sequence

from click import unstyle

PIPED = 100
"""How wide tables are where no terminal says how wide it is: the same everywhere, so that output can be compared."""
NARROWEST = 20
STYLES = {
    "pass": "green",
    "fail": "bold red",
    "FAIL": "bold red",
    "INVALID": "bold red",
    "BROKEN": "bold red",
    "unknown": "yellow",
    "INTERRUPTED": "yellow",
    "in doubt": "yellow",
    "also in doubt": "yellow",
    "overloaded": "yellow",
}
"""How words that judge look, where a line begins with them; the words themselves say the same without colour."""
_INDENT = "    "


def painted(text: str, style: str) -> str:
    """Return text in a style as rich names it ("bold red"); spaces around it and empty text stay bare."""
    from rich.color import ColorSystem  # noqa: PLC0415 - lines are folded where nothing is painted
    from rich.style import Style  # noqa: PLC0415 - as above

    bare = text.strip()
    return text.replace(bare, Style.parse(style).render(bare, color_system=ColorSystem.STANDARD), 1) if bare else text


def widest(lines: Sequence[str]) -> int:
    """Return how many columns the widest line takes; colours take none."""
    return max((len(unstyle(line)) for line in lines), default=0)


def folded(lines: Sequence[str], width: int | None, indent: str = _INDENT) -> list[str]:
    """Fold lines between words, with what follows indented; empty ones go, and a word that is too long stays whole.

    Without a width a line stays a line.
    """
    if width is None:
        return [line for line in lines if line]
    # Labels, options and paths have hyphens and are copied from here: half of one at a line's end is none.
    fold = textwrap.TextWrapper(
        max(width, NARROWEST), subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return [part for line in lines if line for part in fold.wrap(line)]


def table(heading: Sequence[str], body: Sequence[Sequence[str]], *, left: Sequence[int] = (0,)) -> list[str]:
    """Lay a table out as wide as it comes; the columns `left` begin at the left, the others end at the right."""
    from tabulate import tabulate  # noqa: PLC0415 - as rich: half of what is laid out is no table

    full = [[*row, *[""] * (len(heading) - len(row))] for row in body]
    text = tabulate(
        full,
        headers=heading,
        tablefmt="simple",
        colalign=["left" if index in left else "right" for index in range(len(heading))] if full else None,
        disable_numparse=True,
        preserve_whitespace=True,
    )
    return [line.rstrip() for line in text.splitlines()]


def listed(heading: Sequence[str], body: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Return a table whose rows have names, if it fits; else each row's name, and below it a line for each column."""
    lines = table(heading, body)
    return lines if widest(lines) <= (width or PIPED) else stacked(heading, body, width)


def stacked(heading: Sequence[str], body: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Return each row's name, and below it a line for each column: its heading and the row's cell."""
    wide = max(map(len, heading[1:]), default=0)
    lines = [heading[0]] if heading[0] else []
    for name, *cells in body:
        lines += folded([f"  {name}"], width, _INDENT)
        for label, cell in zip(heading[1:], cells, strict=False):
            lines += folded([f"    {label:{wide}}  {cell}"], width, " " * (wide + 6))
    return lines


def colored(line: str) -> str:
    """Colour the words that a line begins with, where they judge."""
    prefix = "verdict " if line.startswith("verdict ") else ""
    head = next(
        (word for word in STYLES if line.removeprefix(prefix).startswith(word) and _ends(line, prefix + word)), ""
    )
    if not head:
        return line
    if prefix:
        judgement, colon, rest = line.partition(":")
        return f"{painted(judgement, f'bold {STYLES[head]}')}{colon}{rest}"
    return f"{painted(head, STYLES[head])}{line[len(head) :]}"


def _ends(line: str, head: str) -> bool:
    """Say whether a line's first words end where `head` does."""
    return not line[len(head) : len(head) + 1].isalnum()
