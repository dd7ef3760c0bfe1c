"""The seam between `write_race` and its races: what each race says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.faults.stage import Stage
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.model import Step
from systems.desk.points import MeetingSpec
from systems.desk.records import PointReached, PointReleased

KIND = "write_race"


@dataclass(frozen=True, slots=True)
class Race(ABC):
    """One race; its methods mean what those of `FaultSpec` do.

    `is_flow_first`: the flow writes before the operator; `step` is where they meet, if that is not drawn by lot.

    `has_operator`: one of the two writers is an operator, which comes from outside; else both meet inside the system.
    """

    fault_mode: ClassVar[FaultMode] = FaultMode.RACE
    has_operator: ClassVar[bool] = False
    is_of_two_tickets: ClassVar[bool] = False

    is_flow_first: bool = False
    step: Step | None = None

    @abstractmethod
    def most(self, tickets: Sequence[PlannedTicket]) -> int:
        """Return how many pairs the plan has room for."""

    @abstractmethod
    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int, pairs: int) -> list[FaultInstance]:
        """Return one instance for each pair."""

    @abstractmethod
    def rendezvous(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Return where workers wait for the other writer."""

    def duplicate_submissions(self, instance: FaultInstance) -> tuple[int, ...]:  # noqa: ARG002 - one race has them
        """Return the tickets that are submitted twice at once."""
        return ()

    @abstractmethod
    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Let both writers meet and go on."""

    @abstractmethod
    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Prove it from the records."""


async def meet(instance: FaultInstance, stage: Stage, points: Sequence[str]) -> bool:
    """Wait for a writer at each point and let all go on at once; False, with nothing begun, if one never came."""
    for point in points:
        if await stage.clock.reached(point) is None:
            return False
    stage.begun(instance.id, 0)
    for point in points:
        stage.clock.release(point)
    return True


def reached(history: History, point: str) -> PointReached | None:
    """Return the record of a writer's arrival at a meeting."""
    return next((arrival for _, arrival in history.points if arrival.point == point), None)


def released(history: History, point: str) -> PointReleased | None:
    """Return the record that a writer was let go on; None if it never was, or went on by itself at its deadline."""
    return next((entry for _, entry in history.released if entry.point == point and not entry.by_deadline), None)


def missed(instance: FaultInstance, why: str, history: History) -> Attestation:
    """Attest that writers did not meet."""
    begun = history.faults_begun.get(instance.id)
    return Attestation(
        instance.id, "missed", why, None if begun is None else begun.t, (), instance.tickets, healed=NOTHING_TO_UNDO
    )
