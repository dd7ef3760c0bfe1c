"""The seam between `long_pause` and its scopes: what each scope's module offers, and what it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, Stage
from harness.faults.triggers.choosing import Tickets
from harness.faults.triggers.striking import Target
from harness.faults.triggers.when import When
from harness.history.model import History
from systems.desk.model import Step
from systems.desk.points import PointSpec

SLACK_S = 0.05
"""So much shorter than planned a pause may be read, as it is read from outside."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The keys of a `long_pause` block that the scopes use."""

    when: When
    duration_s: float
    target: Target
    step: Step | None
    agents: int
    tickets: Tickets


class Scope(Protocol):
    """One scope: a module with these functions, of the same meaning as the methods of `FaultSpec`."""

    def problems(self, pause: Pause, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""

    def schedule(self, pause: Pause, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return the instances."""

    def points(self, pause: Pause, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Return what workers are told."""

    async def inject(self, pause: Pause, instance: FaultInstance, stage: Stage) -> None:
        """Do it and undo it."""

    def attest(self, pause: Pause, instance: FaultInstance, history: History) -> Attestation:
        """Prove it from the records."""
