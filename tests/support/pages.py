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
    return [block["text"] for block in FENCED.finditer(page) if language in {None, block["language"]}]


def transcripts(page: str) -> dict[str, str]:
    """Return the blocks that are marked, by their mark: the command that printed them, and whether all is there."""
    return {block["mark"]: block["text"] for block in FENCED.finditer(page) if block["mark"]}


def in_shell(text: str) -> list[str]:
    """Return every `chaos …` of a shell's text."""
    lines = text.replace("\\\n", " ").splitlines()
    return [command[1] for line in lines if (command := re.match(r"\s*(?:- (?:run: )?)?(chaos .*)", line))]


def commands(page: str) -> list[str]:
    """Return every `chaos …` of a page, in its blocks and in its sentences."""
    prose = FENCED.sub("", page)
    return [line for block in blocks(page) for line in in_shell(block)] + re.findall(r"`(chaos [a-z][^`]*)`", prose)


def words(line: str) -> list[str]:
    """Return the arguments of the first command of a line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    tokens = list(lexer)
    return tokens[: next((index for index, word in enumerate(tokens) if word in OPERATORS), len(tokens))]


def parameters(line: str) -> dict[str, Any]:
    """Return what the program reads in a line; raises what click raises for one that it does not take."""
    _, name, *arguments = words(line)
    assert name in COMMANDS, line
    command = chaos.get_command(click.Context(chaos), name)
    assert command is not None
    return dict(command.make_context(name, arguments).params)


def links(page: str) -> list[str]:
    """Return the targets of a page's links to files beside it, with their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", page))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings have on GitHub."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
