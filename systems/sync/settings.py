"""What a scenario may set of the synchronous service."""

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import IO_TIMEOUT_S
from systems.desk.units import Count, Duration, Positive


class SyncSettings(msgspec.Struct, frozen=True, tag_field="system", tag="sync"):
    """A block of `systems:` with `system: sync`. `retries`: in-process retries of a failed step, with backoff.

    `rewalk`: a second walk passes over what the store has recorded, or starts anew. `walk_lease`: how long a walk is
    taken for alive since it was last renewed; with `none` the dead are known by their pid, as one host can.
    `acknowledges` is what an ok tells the client, `thread_holds` what a thread is held for: a request is answered at
    its ticket's end, and holds its thread until then.
    """

    acknowledges: ClassVar[Literal["accepted", "done"]] = "done"
    thread_holds: ClassVar[Literal["ticket", "step"]] = "ticket"
    embedded_limits: ClassVar[str] = ""

    processes: Positive = 2
    threads: Positive = 8
    retries: Count = 0
    rewalk: Literal["resume", "restart"] = "resume"
    walk_lease: Duration | Literal["none"] = "none"

    @property
    def lease_s(self) -> float | None:
        """The lease in seconds, if walks have one."""
        return None if self.walk_lease == "none" else self.walk_lease

    def detection_s(self, step_time: Mapping[str, float], agent_timeout_s: float) -> float:  # noqa: ARG002
        """Return how long a dead walk is taken for alive: without a lease not at all."""
        return self.lease_s or 0.0

    def retry_s(self, failures: int, step_time: Mapping[str, float], agent_timeout_s: float) -> float:  # noqa: ARG002
        """Retries happen inside of the request, before it is answered, so there is nothing to wait for."""
        return 0.0

    def patience_s(self, step_time: Mapping[str, float], agent_timeout_s: float) -> float:  # noqa: ARG002
        """Return after which time a walk that says nothing is taken for dead; without a lease nobody watches."""
        return math.inf if self.lease_s is None else self.lease_s

    def problems(self, step_time: Mapping[str, float], agent_timeout_s: float) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return what cannot work, as (key of the block, message) pairs."""
        return [("walk_lease", "walk_lease: expected more than 0s, found 0s")] if self.lease_s == 0 else []

    def follows_from(
        self,
        step_time: Mapping[str, float],  # noqa: ARG002 - no time-out stands above a step
        agent_timeout_s: float,  # noqa: ARG002
        io_timeout_s: float = IO_TIMEOUT_S,  # noqa: ARG002
    ) -> dict[str, float | str]:
        """Return what recovery follows from, by its name for people; numbers are seconds."""
        retries: dict[str, float | str] = {"retry interval": 0.1} if self.retries else {}
        if self.lease_s is None:
            return {**retries, "dead walk": "known by its pid, at once"}
        return {**retries, "walk lease": self.lease_s}

    def implied(self) -> dict[str, str]:
        """Return what follows from the settings and is no key of the block, by its name for people."""
        return {}

    def cause(
        self,
        fault: FaultMode,
        step: str,  # noqa: ARG002 - all steps alike
        step_time: Mapping[str, float],  # noqa: ARG002
        agent_timeout_s: float,  # noqa: ARG002
        io_timeout_s: float = IO_TIMEOUT_S,  # noqa: ARG002
    ) -> str:
        """Say what resuming after a `fault` that broke `step` follows from; nothing where nothing resumes it."""
        if fault == FaultMode.TRANSIENT:
            return "retry interval 0.1 s" if self.retries else ""
        if fault == FaultMode.KILL and self.lease_s is None:
            return "dead walk known by its pid, at once"
        if fault in {FaultMode.KILL, FaultMode.PAUSED_WORKER} and self.lease_s is not None:
            return f"walk lease {self.lease_s:g} s"
        return ""
