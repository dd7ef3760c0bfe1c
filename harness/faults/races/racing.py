"""The seam between `write_race` and its races: what each race's module offers."""

from collections.abc import Sequence
from typing import Literal, Protocol

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, Stage
from harness.history.model import History
from systems.desk.points import MeetingSpec
from systems.desk.records import PointReached, PointReleased

Kind = Literal["lost_update", "double_assign", "duplicate_submit", "stale_write"]


class Race(Protocol):
    """One race: a module with these functions, of the same meaning as the methods of `FaultSpec`."""

    def most(self, tickets: Sequence[PlannedTicket]) -> int:
        """Return how many pairs the plan has room for."""

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int, pairs: int) -> list[FaultInstance]:
        """Return one instance for each pair."""

    def meetings(self, instance: FaultInstance, *, is_flow_first: bool) -> tuple[MeetingSpec, ...]:
        """Return where workers wait for the other writer."""

    async def inject(self, instance: FaultInstance, stage: Stage, *, is_flow_first: bool) -> None:
        """Let both writers meet and go on."""

    def attest(self, instance: FaultInstance, history: History, *, is_flow_first: bool) -> Attestation:
        """Prove it from the records."""


def reached(history: History, point: str) -> PointReached | None:
    """Return the record of a writer who came to a meeting."""
    return next((one for _, one in history.points if one.point == point), None)


def released(history: History, point: str) -> PointReleased | None:
    """Return the record of a writer who went on; None if they never did, or grew tired of waiting."""
    return next((one for _, one in history.released if one.point == point and not one.by_deadline), None)


def missed(instance: FaultInstance, why: str, history: History) -> Attestation:
    """Attest that writers did not meet."""
    begun = history.faults_begun.get(instance.id)
    return Attestation(
        instance.id, "missed", why, None if begun is None else begun.t, (), instance.tickets, healed=NOTHING_TO_UNDO
    )
