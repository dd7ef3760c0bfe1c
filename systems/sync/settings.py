"""What a scenario may set of the synchronous service."""

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec

from systems.desk.units import Count, Positive


class SyncSettings(msgspec.Struct, frozen=True, tag_field="system", tag="sync"):
    """A block of `systems:` with `system: sync`. `retries`: in-process retries of a failed step, with backoff.

    `acknowledges` is what an ok tells the client, `thread_holds` what a thread is held for: a request is answered at
    its ticket's end, and holds its thread until then.
    """

    acknowledges: ClassVar[Literal["accepted", "done"]] = "done"
    thread_holds: ClassVar[Literal["ticket", "step"]] = "ticket"
    embedded_limits: ClassVar[str] = ""

    processes: Positive = 2
    threads: Positive = 8
    retries: Count = 0

    def detection_s(self, step_time: Mapping[str, float], agent_timeout_s: float) -> float:  # noqa: ARG002
        """Nothing notices a dead walk, so there is nothing to wait for."""
        return 0.0

    def retry_s(self, failures: int, step_time: Mapping[str, float], agent_timeout_s: float) -> float:  # noqa: ARG002
        """Retries happen inside of the request, before it is answered, so there is nothing to wait for."""
        return 0.0

    def patience_s(self, step_time: Mapping[str, float], agent_timeout_s: float) -> float:  # noqa: ARG002
        """Nobody watches a step, so nobody loses patience."""
        return math.inf

    def problems(self, step_time: Mapping[str, float], agent_timeout_s: float) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return what cannot work, as (key of the block, message) pairs."""
        return []

    def follows_from(self, step_time: Mapping[str, float], agent_timeout_s: float) -> dict[str, float]:  # noqa: ARG002
        """Return what recovery follows from, in seconds, by its name for people."""
        return {"retry interval": 0.1} if self.retries else {}

    def cause(self, fault: str, step: str, step_time: Mapping[str, float], agent_timeout_s: float) -> str:  # noqa: ARG002
        """Say what resuming after a `fault` that broke `step` follows from; nothing where nothing resumes it."""
        return "retry interval 0.1 s" if self.retries and fault == "transient" else ""
