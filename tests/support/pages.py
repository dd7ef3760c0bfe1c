"""What the pages for people hold: commands to type, YAML to copy, links to follow, transcripts."""

import re
import shlex
from pathlib import Path
from typing import Any

import click

from harness.cli.main import COMMANDS, chaos

OPERATORS = {"|", "||", ">", ">>", "&&", ";", ")"}
FENCED = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)


def blocks(page: str, language: str | None = None) -> list[str]:
    """Return the fenced blocks of a language; of all, where none is named."""
    return [one["text"] for one in FENCED.finditer(page) if language in {None, one["language"]}]


def transcripts(page: str) -> dict[str, str]:
    """Return the blocks that are marked, by their mark: the command that printed them, and whether all is there."""
    return {one["mark"]: one["text"] for one in FENCED.finditer(page) if one["mark"]}


def in_shell(text: str) -> list[str]:
    """Return every `chaos …` of a shell's text."""
    lines = text.replace("\\\n", " ").splitlines()
    return [found[1] for line in lines if (found := re.match(r"\s*(?:- (?:run: )?)?(chaos .*)", line))]


def commands(page: str) -> list[str]:
    """Return every `chaos …` of a page, in its blocks and in its sentences."""
    prose = FENCED.sub("", page)
    return [line for block in blocks(page) for line in in_shell(block)] + re.findall(r"`(chaos [a-z][^`]*)`", prose)


def words(line: str) -> list[str]:
    """Return the arguments of the first command of a line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found = list(lexer)
    return found[: next((index for index, word in enumerate(found) if word in OPERATORS), len(found))]


def parameters(line: str) -> dict[str, Any]:
    """Return what the program reads in a line; raises what click raises for one that it does not take."""
    _, name, *arguments = words(line)
    assert name in COMMANDS, line
    command = chaos.get_command(click.Context(chaos), name)
    assert command is not None
    return dict(command.make_context(name, arguments).params)


def links(page: str) -> list[str]:
    """Return the targets of a page's links to files beside it, with their anchors."""
    found = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", page))
    return [one for one in found if not re.match(r"[a-z]+:", one)]


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings have on GitHub."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
