"""Every mutant accounted for: killed, or a survivor that is listed with the reason why no test notices it."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tests.trust.mutation.mutant import Key
from tests.trust.mutation.tried import Tried

LISTED = Path(__file__).with_name("survivors.toml")
MOST_SURVIVING = 0.1
"""Of all mutants together; a single module may have twice as many, and a small one a FEW."""
FEW = 3


class Survivors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Survivors of one function that live for the same reason; each as its source, the mutant's, and which of several.

    The three are its key: it stays when code is moved or formatted otherwise, and goes when the code itself changes.
    """

    module: str
    function: str
    why: str
    mutants: tuple[tuple[str | int, ...], ...]

    def named(self) -> Iterator[Key]:
        """Yield the key of each."""
        for before, after, *nth in self.mutants:
            yield Key(self.function, str(before), str(after), int(nth[0]) if nth else 1)


def read_survivors(path: Path = LISTED) -> list[Survivors]:
    """Read the list."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8"))["survivors"], list[Survivors])


class Account(msgspec.Struct, frozen=True):
    """A module's mutants, beside the list of survivors."""

    mutants: int
    killed: int
    timed_out: int
    unlisted: list[Tried]
    stale: list[Key]

    @property
    def survived(self) -> int:
        """How many survived, listed or not."""
        return self.mutants - self.killed - self.timed_out

    @property
    def share(self) -> float:
        """The share of mutants that were noticed; a survivor counts as one, whatever its reason."""
        return 1 - self.survived / self.mutants

    def objections(self) -> list[str]:
        """Say what does not add up; nothing where all is accounted for."""
        against = [f"line {tried.line}, {_named(tried.key)} survived and is not listed" for tried in self.unlisted]
        if self.survived > max(FEW, 2 * MOST_SURVIVING * self.mutants):
            against.append(f"only {self.share:.1%} of {self.mutants} mutants were killed")
        return against

    def remarks(self) -> list[str]:
        """Name what is listed and was killed all the same: better than said, so no objection, and to be taken off."""
        return [f"{_named(key)} is listed as a survivor, and was killed" for key in self.stale]


def account(tried: Sequence[Tried], module: str, listed: Sequence[Survivors]) -> Account:
    """Set what became of a module's mutants beside the list."""
    expected = {key for survivors in listed if survivors.module == module for key in survivors.named()}
    alive = [mutant for mutant in tried if mutant.fate == "survived"]
    return Account(
        mutants=len(tried),
        killed=sum(mutant.fate == "killed" for mutant in tried),
        timed_out=sum(mutant.fate == "timed out" for mutant in tried),
        unlisted=[mutant for mutant in alive if mutant.key not in expected],
        stale=sorted(expected - {mutant.key for mutant in alive}, key=str),
    )


def _named(key: Key) -> str:
    which = f" (no. {key.nth})" if key.nth > 1 else ""
    return f"{key.function}: {key.before!r} → {key.after!r}{which}"
