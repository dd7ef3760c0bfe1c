"""write_race: two writers meet on one row, for certain: each waits until the other has read what both will write."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import msgspec

from harness.faults.races import race_assign, race_note, race_submit
from harness.faults.races.racing import Kind, Race
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.history.model import History
from systems.desk.points import MeetingSpec, PointSpec
from systems.desk.units import Positive, meaning

KINDS: dict[str, Race] = {
    "lost_update": race_note,
    "stale_write": race_note,
    "double_assign": race_assign,
    "duplicate_submit": race_submit,
}


class WriteRace(FaultSpec, frozen=True, tag="write_race"):
    """Keys of a `write_race` block. `first` is who commits first, where an operator writes against the flow."""

    summary: ClassVar[str] = (
        "Two writers meet on one row, for certain: each waits until the other has read what both will write."
    )

    race: Annotated[
        Kind,
        meaning(
            "what meets: a note and a step (lost_update, stale_write), two tickets and one agent, or one ticket twice"
        ),
    ]
    pairs: Annotated[Positive, meaning("how many pairs of writers meet")] = 1
    first: Annotated[
        Literal["operator", "flow"], meaning("who commits first, where an operator writes against the flow")
    ] = "operator"

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - the seam's
        """Refuse an order where the race itself decides it."""
        if self.first == "flow" and self.race in {"double_assign", "duplicate_submit"}:
            return [("first", f"first: expected none, as {self.race} has no operator who comes second; found flow")]
        return []

    def completed(self, given: frozenset[str]) -> "WriteRace":  # noqa: ARG002 - the race decides
        """Let the flow write first where the operator's write is to be stale."""
        return msgspec.structs.replace(self, first="flow") if self.race == "stale_write" else self

    def holds_s(self) -> float:
        """Return how long a writer may wait for the other."""
        return 2.0

    def manner(self) -> str:
        """Name the race."""
        return f"race {self.race}"

    def needs_two(self) -> bool:
        """Two tickets, or two submissions, meet inside the system; an operator comes from outside."""
        return self.race in {"double_assign", "duplicate_submit"}

    def needs_two_tickets(self) -> bool:
        """Say whether it is two tickets that meet, offered the same agent."""
        return self.race == "double_assign"

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Ask for as many pairs as the plan has room for."""
        most = KINDS[self.race].most(tickets)
        if self.pairs > most:
            return [
                ("pairs", f"pairs: expected at most {most}, as the planned tickets allow no more; found {self.pairs}")
            ]
        return []

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance for each pair."""
        return KINDS[self.race].schedule(fault, tickets, seed, self.pairs)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:  # noqa: ARG002 - races have meetings
        """Return nothing: writers meet, nobody is struck."""
        return ()

    def meetings(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Tell workers where to wait for the other writer."""
        return KINDS[self.race].meetings(instance, is_flow_first=self._is_flow_first)

    def twins(self, instance: FaultInstance) -> tuple[int, ...]:
        """Return the ticket that is submitted twice at once."""
        return instance.tickets if self.race == "duplicate_submit" else ()

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for both writers, and let them write."""
        await KINDS[self.race].inject(instance, stage, is_flow_first=self._is_flow_first)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the records show that both had read before either had written."""
        return KINDS[self.race].attest(instance, history, is_flow_first=self._is_flow_first)

    @property
    def _is_flow_first(self) -> bool:
        return self.race == "stale_write" or self.first == "flow"
