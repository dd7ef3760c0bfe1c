"""What a scenario may set of the Temporal system (profiles become numbers in `policies`)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import IO_TIMEOUT_S
from systems.desk.units import Duration, Positive


class TemporalSettings(msgspec.Struct, frozen=True, tag_field="system", tag="temporal"):
    """A block of `systems:` with `system: temporal`. None leaves a time-out to the profile.

    `start_to_close` holds for every step, exactly; `retry_interval` is how long the first retry of any step waits.
    `acknowledges` is what an ok tells the client, `thread_holds` what a thread is held for: a workflow that started is
    accepted, and its steps take a thread each. `embedded_limits` is what a comparison must say of the engine that the
    harness starts.
    """

    acknowledges: ClassVar[Literal["accepted", "done"]] = "accepted"
    thread_holds: ClassVar[Literal["ticket", "step"]] = "step"
    embedded_limits: ClassVar[str] = (
        "Temporal here is the dev server: one history shard, on the same host as everything else; a ticket is a parent "
        "and a child workflow where a single workflow would be 1.5–2 × faster"
    )

    processes: Positive = 2
    threads: Positive = 8
    layout: Literal["combined", "per_group"] = "combined"
    profile: Literal["default", "tuned", "tuned_engine"] = "default"
    start_to_close: Duration | None = None
    heartbeat: Duration | None = None
    sticky: Duration | None = None
    retry_interval: Duration | None = None
    server: Literal["embedded", "external"] = "embedded"

    def detection_s(self, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
        """Return how long it may take until a dead worker's work goes on elsewhere."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return policies.detection_s(self, step_time, agent_timeout_s)

    def retry_s(self, failures: int, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
        """Return how long the retries of a step that fails so often wait, together."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return policies.retry_s(self, failures, step_time, agent_timeout_s)

    def patience_s(self, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
        """Return the shortest time after which a step that says nothing is taken for dead."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return policies.patience_s(self, step_time, agent_timeout_s)

    def problems(self, step_time: Mapping[str, float], agent_timeout_s: float) -> list[tuple[str, str]]:
        """Return what cannot work, as (key of the block, message) pairs."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return policies.problems(self, step_time, agent_timeout_s)

    def follows_from(
        self, step_time: Mapping[str, float], agent_timeout_s: float, io_timeout_s: float = IO_TIMEOUT_S
    ) -> dict[str, float | str]:
        """Return what recovery follows from, by its name for people; numbers are seconds."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return policies.follows_from(self, step_time, agent_timeout_s, io_timeout_s)

    def implied(self) -> dict[str, str]:
        """Return what follows from the settings and is no key of the block, by its name for people."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return {"gRPC compression": policies.profile_of(self).compression}

    def cause(
        self,
        fault: FaultMode,
        step: str,
        step_time: Mapping[str, float],
        agent_timeout_s: float,
        io_timeout_s: float = IO_TIMEOUT_S,
    ) -> str:
        """Say what resuming after a `fault` that broke `step` follows from."""
        from systems.temporal import policies  # noqa: PLC0415 - the profiles are made of these settings

        return policies.cause(self, fault, step, step_time, agent_timeout_s, io_timeout_s)
