"""What there is to say of a broken part: how it is broken, in which process, under which load, and what must see it."""

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Literal

import msgspec

from tests.broken.harness.loads import SYNC

HARNESS = "harness"
RECEIVER = "harness.execution.receiver"
SUPERVISOR = "harness.processes.supervisor"
SYNC_WORKER = "systems.sync.worker"
FAILED, REFUSED, UNKNOWN, BROKEN = 1, 2, 3, 4
Verdict = Literal["unknown", "invalid"]


class BrokenPart(msgspec.Struct, frozen=True):
    """`plant` breaks the part, in the process that runs the module `process`; `what` says so for people.

    `code` is what the run must end with, `caught` the checks that must not be valid, and no other but those of `also`,
    which see it at some moments only; `says` stands in what one of them, or the error, says.
    """

    what: str
    plant: Callable[[], None]
    code: int
    caught: Mapping[str, Verdict] = {}
    says: str = ""
    process: str = HARNESS
    load: str = SYNC
    also: frozenset[str] = frozenset()

    @property
    def slug(self) -> str:
        """Its name on the command line."""
        return f"{self.plant.__module__.rpartition('.')[2]}.{self.plant.__name__}"


def parts_of(file: str) -> dict[str, BrokenPart]:
    """Return the broken parts of one file, by their slugs: a child process imports no other."""
    parts: tuple[BrokenPart, ...] = import_module(f"{__package__}.planted.{file}").PARTS
    return {part.slug: part for part in parts}


def all_parts() -> dict[str, BrokenPart]:
    """Return every broken part, by its slug."""
    folder = import_module(f"{__package__}.planted").__path__
    files = sorted(module.name for module in pkgutil.iter_modules(folder))
    return {slug: part for file in files for slug, part in parts_of(file).items()}


def broken_part(slug: str) -> BrokenPart:
    """Return the part of that name."""
    return parts_of(slug.partition(".")[0])[slug]


def put(owner: Any, name: str, fake: object) -> None:
    """Put something in the place of an attribute of a module, a class or a mapping."""
    if isinstance(owner, dict):
        owner[name] = fake
    else:
        setattr(owner, name, fake)
