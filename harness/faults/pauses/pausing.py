"""The seam between `long_pause` and its scopes: what each scope says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import UNSET, UnsetType

from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, RecoveryWait
from harness.faults.stage import Stage
from harness.faults.triggers.choosing import Tickets
from harness.faults.triggers.striking import Target, validate_target, validate_ticket
from harness.faults.triggers.when import When
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.model import Step
from systems.desk.points import PointSpec

KIND = "long_pause"


@dataclass(frozen=True, slots=True)
class PauseScope(ABC):
    """What stands still, with the keys of its block; its methods mean what those of `FaultSpec` do.

    `keys` are those that the scope knows beside `scope`, `duration` and `when`.
    """

    name: ClassVar[str]
    keys: ClassVar[frozenset[str]]
    fault_mode: ClassVar[FaultMode]
    recovery_wait: ClassVar[RecoveryWait] = "nothing"

    when: When | None
    duration_s: float
    target: Target
    step: Step | None
    agents: int
    tickets: Tickets
    ticket: int | UnsetType = UNSET

    @property
    def moment(self) -> When:
        """When it begins."""
        return self.when or When()

    def validate_moment(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for a moment."""
        if self.when is None:
            expected = "expected after, progress or step; found none"
            return [("", f"scope: {self.name} requires the key 'when': {expected}")]
        mistakes = self.when.validate_keys() + validate_target(self.when, self.target, given)
        return mistakes + validate_ticket(self.when, self.ticket, given)

    def must_fail(self, agent_timeout_s: float) -> bool:  # noqa: ARG002 - for scopes
        """Say whether the tickets that it strikes are called to fail for good."""
        return False

    def first_answer_s(self) -> float | None:
        """Return after how long the first of several silent agents answers."""
        return None

    @abstractmethod
    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""

    @abstractmethod
    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return the instances."""

    @abstractmethod
    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Return what workers are told."""

    @abstractmethod
    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Do it and undo it."""

    @abstractmethod
    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Prove it from the records."""
