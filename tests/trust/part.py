"""The seam of a part of the proof: named cases, each tried by itself, and what the page says of them together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec


class Outcome(msgspec.Struct, frozen=True):
    """What came of one case: `passed`, and `detail` for people; `figures` are what the page adds up or shows."""

    case: str
    passed: bool
    detail: str = ""
    figures: dict[str, float | str] = {}
    seconds: float = 0.0


class Part(Protocol):
    """One part of the proof.

    `name` selects it on the command line, `title` heads its section. `side_by_side` cases are tried at once: as many
    as do not change each other's outcome on two cores.
    """

    name: str
    title: str
    side_by_side: int

    def cases(self) -> Sequence[str]:
        """Return the names of all cases, always the same for the same checkout."""

    def attempt(self, case: str, folder: Path) -> Outcome:
        """Try one case in an empty folder of its own; an exception is a failed case."""

    def section(self, outcomes: Sequence[Outcome]) -> str:
        """Return the section's body in Markdown, from the outcomes of all cases tried (in the order of `cases`)."""
