"""The contract for settings: what every system says of itself, before anything runs and without anything heavy."""

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Literal, Protocol

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import DeskTimes


class Capability(Enum):
    """What some systems have and others do not, where the harness must know it; the value is its name for people."""

    ENGINE = "engine"
    """A server that holds the orchestration, apart from the workers: it can die, and all that depends on it stops."""
    THROTTLE = "engine that can be throttled"
    """An engine that takes a limit on the steps that it hands out, while it runs."""
    SERVICE = "service"
    """A service that clients reach over a connection of their own, apart from an engine."""
    RESUMPTION = "resumption"
    """Work that a dead or stopped worker left goes on without being submitted again."""
    RELEASES = "releases"
    """Its workers can run another release of the flow (`systems.system.Deployable`)."""


class SystemSettings(Protocol):
    """A block of `systems:`: a frozen `msgspec.Struct` whose fields are its keys, each with a default.

    `acknowledges` is what an ok tells the client; `thread_holds` what a thread is held for, from its start to its end.
    `telling` are the keys worth a word where only one kind of system has them, `remarks` the defaults that the
    reference cannot read off a field (by key).
    """

    capabilities: ClassVar[frozenset[Capability]]
    acknowledges: ClassVar[Literal["accepted", "done"]]
    thread_holds: ClassVar[Literal["ticket", "step"]]
    telling: ClassVar[frozenset[str]]
    remarks: ClassVar[Mapping[str, str]]

    @staticmethod
    def presets() -> dict[str, dict[str, str]]:
        """Return what each value of a key that sets several times sets: by the name of a time, by value."""

    def worker_count(self) -> int:
        """Return how many worker processes there are: so many can be lost."""

    def parallel_steps(self) -> int:
        """Return how many steps run at once, over all workers."""

    def detection_s(self, times: DeskTimes) -> float:
        """Return how long it may take until a dead worker's work can go on elsewhere."""

    def retry_s(self, failures: int, times: DeskTimes) -> float:
        """Return how long the retries of a step that fails so often wait, together."""

    def patience_s(self, times: DeskTimes) -> float:
        """Return the shortest time after which silent work is taken for dead; infinite where nothing looks for it."""

    def reconnect_s(self) -> float:
        """Return how long it may take until a worker gives a connection up that carries nothing any more, untold."""

    def problems(self, times: DeskTimes) -> list[tuple[str, str]]:
        """Return what cannot work at such a desk, as (key of the block, message) pairs."""

    def follows_from(self, times: DeskTimes) -> dict[str, float | str]:
        """Return what recovery follows from, by its name for people; numbers are seconds."""

    def implied(self) -> dict[str, str]:
        """Return what else follows from the settings and is no key of the block, by its name for people."""

    def cause(self, fault: FaultMode, step: str, times: DeskTimes) -> str:
        """Say which waits lie between a `fault` that broke `step` and the next attempt; nothing where none comes."""

    def foreign(self) -> Mapping[Capability, str]:
        """Return what the system has without the harness having started it, so that no fault can hit it.

        The words are how people call it: "the external server".
        """

    def caveat(self) -> str:
        """Return what a comparison with other systems must say of this one, in a sentence; mostly nothing."""
