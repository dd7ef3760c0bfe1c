"""How a run is done again, from its folder: the command, and the scenario that it needs."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from harness.planning.reading.bundled import bundled
from harness.runfolder.meta import Meta
from harness.runfolder.result import Result
from harness.text import printable

CHARACTERS = 200_000
OWN_FILE = "scenario.yaml"
"""What a scenario is called that is none of the bundled ones."""
_SAYS_REPEAT = re.compile(r"\brepeat\b[\"']?\s*:")


@dataclass(frozen=True, slots=True)
class Again:
    """The command, and the scenario's lines; `missing` says why there are none.

    `is_own` says that the scenario is none of the bundled ones, so that the command needs the run's own file.
    """

    command: str
    is_own: bool
    lines: tuple[str, ...]
    left_out: int
    missing: str


def again(result: Result, meta: Meta, folder: Path) -> Again:
    """Return how the run in `folder` is done again."""
    text, missing = _scenario(folder / OWN_FILE)
    name = _name_of(text)
    return Again(
        command=_command(result, meta, name, text),
        is_own=name == OWN_FILE,
        lines=tuple(_line(line) for line in text[:CHARACTERS].splitlines()),
        left_out=max(0, len(text) - CHARACTERS),
        missing=missing,
    )


def _scenario(file: Path) -> tuple[str, str]:
    """Return the scenario's text, and why there is none where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace"), ""
    except FileNotFoundError:
        return "", "is missing from the run's folder"
    except OSError as error:
        return "", f"cannot be read: {printable(error.strerror)}"


def _line(text: str) -> str:
    """Return a line of a file with its indentation kept."""
    body = text.lstrip(" ")
    return " " * (len(text) - len(body)) + printable(body, 2000)


def _name_of(text: str) -> str:
    """Return the bundled scenario's name, where this is its text: it can be run again without a file."""
    for path in bundled():
        # By its text, not by its name: a copy that somebody edited has the same name.
        if path.read_text(encoding="utf-8") == text:
            return path.stem
    return OWN_FILE


def _command(result: Result, meta: Meta, scenario: str, text: str) -> str:
    chosen = "".join(f" --system {shlex.quote(label)}" for label in meta.selected)
    # One is said too where the file may ask for more: the command line may have overruled it then, and has to again.
    repeated = f" --repeat {meta.repeat}" if meta.repeat > 1 or _may_repeat(text) else ""
    return f"chaos run {scenario} --seed {result.seed}{repeated}{chosen}"


def _may_repeat(text: str) -> bool:
    """Say whether a scenario may ask for repetitions of its own; one that cannot be read may."""
    return not text or _SAYS_REPEAT.search(text) is not None
