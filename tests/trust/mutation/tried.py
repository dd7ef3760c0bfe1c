"""What became of a mutant."""

from typing import Literal

import msgspec

from tests.trust.mutation.mutant import Key

Fate = Literal["killed", "timed out", "survived"]


class Tried(msgspec.Struct, frozen=True):
    """A mutant that was tried: its name, the operator, the line, what became of it, and how many tests it met."""

    key: Key
    operator: str
    line: int
    fate: Fate
    tests: int
