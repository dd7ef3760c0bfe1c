"""What a scenario may set of the synchronous service, and what the service says of itself."""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import DeskTimes
from systems.desk.units import Count, Duration, Positive, meaning
from systems.settings import Capability


class SyncSettings(msgspec.Struct, frozen=True, tag_field="system", tag="sync"):
    """A block of `systems:` with `system: sync`. `retries`: in-process retries of a failed step, with backoff.

    `rewalk`: a second walk passes over what the store has recorded, or starts anew. `walk_lease`: how long a walk is
    taken for alive since it was last renewed; with `none` the dead are known by their pid, as one host can.
    A request is answered at its ticket's end, and holds its thread until then. A client that submits again has a dead
    walk walked again: nothing resumes by itself.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.SERVICE, Capability.RELEASES})
    acknowledges: ClassVar[Literal["accepted", "done"]] = "done"
    thread_holds: ClassVar[Literal["ticket", "step"]] = "ticket"
    telling: ClassVar[frozenset[str]] = frozenset({"retries", "rewalk", "walk_lease"})
    remarks: ClassVar[Mapping[str, str]] = {}

    processes: Annotated[Positive, meaning("processes of the service")] = 2
    threads: Annotated[Positive, meaning("threads of each process; a request holds one to its ticket's end")] = 8
    retries: Annotated[
        Count, meaning("how often a failed step is retried inside the request, with backoff from 0.1s")
    ] = 0
    rewalk: Annotated[
        Literal["resume", "restart"],
        meaning("how a ticket is walked again whose walk died: after its recorded steps, or from the start"),
    ] = "resume"
    walk_lease: Annotated[
        Duration | Literal["none"],
        meaning("how long a silent walk is taken for alive; with none its process id tells, as on one host"),
    ] = "none"

    @property
    def lease_s(self) -> float | None:
        """The lease in seconds, if walks have one."""
        return None if self.walk_lease == "none" else self.walk_lease

    @staticmethod
    def presets() -> dict[str, dict[str, str]]:
        """Return nothing: no key stands for several others."""
        return {}

    def worker_count(self) -> int:
        """Return how many worker processes there are."""
        return self.processes

    def parallel_steps(self) -> int:
        """Return how many steps run at once: one a thread."""
        return self.processes * self.threads

    def detection_s(self, times: DeskTimes) -> float:  # noqa: ARG002 - the desk's times change nothing
        """Return how long a dead walk is taken for alive: without a lease not at all."""
        return self.lease_s or 0.0

    def retry_s(self, failures: int, times: DeskTimes) -> float:  # noqa: ARG002 - none is waited for
        """Retries happen inside of the request, before it is answered, so there is nothing to wait for."""
        return 0.0

    def patience_s(self, times: DeskTimes) -> float:  # noqa: ARG002 - the desk's times change nothing
        """Return after which time a walk that says nothing is taken for dead; without a lease none is."""
        return math.inf if self.lease_s is None else self.lease_s

    def reconnect_s(self) -> float:
        """Return nothing: a worker keeps no connection to an engine."""
        return 0.0

    def problems(self, times: DeskTimes) -> list[tuple[str, str]]:  # noqa: ARG002 - no time-out stands above a step
        """Return what cannot work, as (key of the block, message) pairs."""
        return [("walk_lease", "walk_lease: expected more than 0s, found 0s")] if self.lease_s == 0 else []

    def follows_from(self, times: DeskTimes) -> dict[str, float | str]:  # noqa: ARG002 - no time-out stands above a step
        """Return what recovery follows from, by its name for people; numbers are seconds."""
        retries: dict[str, float | str] = {"retry interval": 0.1} if self.retries else {}
        if self.lease_s is None:
            return {**retries, "dead walk": "known by its pid, at once"}
        return {**retries, "walk lease": self.lease_s}

    def implied(self) -> dict[str, str]:
        """Return what follows from the settings and is no key of the block, by its name for people."""
        return {}

    def cause(self, fault: FaultMode, step: str, times: DeskTimes) -> str:  # noqa: ARG002 - all steps alike
        """Say what resuming after a `fault` that broke `step` follows from; nothing where nothing resumes it."""
        if fault == FaultMode.TRANSIENT:
            return "retry interval 0.1 s" if self.retries else ""
        if fault == FaultMode.KILL and self.lease_s is None:
            return "dead walk known by its pid, at once"
        if fault in {FaultMode.KILL, FaultMode.PAUSED_WORKER} and self.lease_s is not None:
            return f"walk lease {self.lease_s:g} s"
        return ""

    def foreign(self) -> Mapping[Capability, str]:
        """Return nothing: every process of it is the harness's."""
        return {}

    def caveat(self) -> str:
        """Return nothing: it runs as it would elsewhere."""
        return ""
