"""What a scenario may set of the spool, and what the spool says of itself."""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import DeskTimes
from systems.desk.units import Duration, Positive, meaning
from systems.settings import Capability


class SpoolSettings(msgspec.Struct, frozen=True):
    """A block of `systems:` with `system: spool`. `poll`: how often the worker looks for new tickets."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.RESUMPTION})
    acknowledges: ClassVar[Literal["accepted", "done"]] = "accepted"
    thread_holds: ClassVar[Literal["ticket", "step"]] = "ticket"
    telling: ClassVar[frozenset[str]] = frozenset({"poll"})
    remarks: ClassVar[Mapping[str, str]] = {"poll": "20ms, as often as a disk bears"}

    threads: Annotated[Positive, meaning("threads of the worker; a ticket holds one to its end")] = 16
    poll: Annotated[Duration, meaning("how often the worker looks for new tickets")] = 0.02

    @staticmethod
    def presets() -> dict[str, dict[str, str]]:
        return {}

    def worker_count(self) -> int:
        return 1

    def parallel_steps(self) -> int:
        return self.threads

    def detection_s(self, times: DeskTimes) -> float:  # noqa: ARG002 - the worker itself, started again, goes on
        return self.poll

    def retry_s(self, failures: int, times: DeskTimes) -> float:  # noqa: ARG002 - there are no retries
        return 0.0

    def patience_s(self, times: DeskTimes) -> float:  # noqa: ARG002 - nobody looks whether the worker is alive
        return math.inf

    def reconnect_s(self) -> float:
        return 0.0

    def problems(self, times: DeskTimes) -> list[tuple[str, str]]:  # noqa: ARG002 - no time-out stands above a step
        return [("poll", "poll: expected more than 0s, found 0s")] if self.poll == 0 else []

    def follows_from(self, times: DeskTimes) -> dict[str, float | str]:  # noqa: ARG002
        return {"spool poll": self.poll}

    def implied(self) -> dict[str, str]:
        return {}

    def cause(self, fault: FaultMode, step: str, times: DeskTimes) -> str:  # noqa: ARG002 - all steps alike
        return f"worker started again + spool poll {self.poll:g} s" if fault == FaultMode.KILL else ""

    def foreign(self) -> Mapping[Capability, str]:
        return {}

    def caveat(self) -> str:
        return "The spool is a folder: who can write into it is trusted"
