"""write_race: two writers meet on one row, for certain: each waits until the other has read what both will write."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from harness.faults.races.race_assign import AssignRace
from harness.faults.races.race_note import NoteRace, StaleNoteRace
from harness.faults.races.race_submit import SubmitRace
from harness.faults.races.racing import KIND, Race
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket
from harness.faults.stage import Stage
from harness.faults.triggers.choosing import validate_numbers
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.model import Step
from systems.desk.points import MeetingSpec
from systems.desk.units import Positive, meaning

RACES: dict[str, type[Race]] = {
    "lost_update": NoteRace,
    "stale_write": StaleNoteRace,
    "double_assign": AssignRace,
    "duplicate_submit": SubmitRace,
}


class WriteRace(FaultSpec, frozen=True, tag=KIND):
    """Keys of a `write_race` block. `first`: which writer commits first, where an operator writes against the flow."""

    summary: ClassVar[str] = (
        "Two writers meet on one row, for certain: each waits until the other has read what both will write."
    )
    happened: ClassVar[tuple[str, str]] = ("two writers met", "writers met")
    remarks: ClassVar[Mapping[str, str]] = {"first": "`operator`; in a `stale_write` the flow"}

    race: Annotated[
        Literal["lost_update", "double_assign", "duplicate_submit", "stale_write"],
        meaning(
            "what meets: a note and a step (lost_update, stale_write), two tickets and one agent, or one ticket twice"
        ),
    ]
    pairs: Annotated[Positive, meaning("how many pairs of writers meet")] = 1
    first: Annotated[
        Literal["operator", "flow"], meaning("who commits first, where an operator writes against the flow")
    ] = "operator"
    tickets: Annotated[
        tuple[Positive, ...] | UnsetType,
        meaning("which tickets may meet a note, or come twice; any, unless they are listed by number"),
    ] = UNSET
    step: Annotated[
        Step | UnsetType, meaning("in which step a note meets the flow; in any between the first and the last, else")
    ] = UNSET

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an order, tickets or a step where the race itself decides them."""
        if "tickets" in given and self._race.is_of_two_tickets:
            return [("tickets", f"tickets: expected none, as {self.race} needs neighbours that go alike; found them")]
        if "step" in given and not self._race.has_operator:
            return [("step", f"step: expected none, as {self.race} is at a place of its own; found {self.step}")]
        if self.first == "flow" and not self._race.has_operator:
            return [("first", f"first: expected none, as {self.race} has no operator who comes second; found flow")]
        return []

    def with_defaults(self, given: frozenset[str]) -> "WriteRace":  # noqa: ARG002 - the race decides
        """Let the flow write first where the operator's write is to be stale."""
        return msgspec.structs.replace(self, first="flow") if self.race == "stale_write" else self

    def fault_mode(self) -> FaultMode:
        """Say whether what the operator writes is stale."""
        return self._race.fault_mode

    def blocked_s(self) -> float:
        """Return how long a writer may wait for the other."""
        return 2.0

    def needs_two(self) -> bool:
        """Two tickets, or two submissions, meet inside the system; an operator comes from outside."""
        return not self._race.has_operator

    def needs_two_tickets(self) -> bool:
        """Say whether it is two tickets that meet, offered the same agent."""
        return self._race.is_of_two_tickets

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Ask for as many pairs as the plan has room for."""
        listed = () if self.tickets is UNSET else self.tickets
        if unplanned := validate_numbers(listed, tickets):
            return unplanned
        most = self._race.most(self._meant(tickets))
        if self.pairs > most:
            return [
                ("pairs", f"pairs: expected at most {most}, as the planned tickets allow no more; found {self.pairs}")
            ]
        return []

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance for each pair."""
        return self._race.schedule(fault, self._meant(tickets), seed, self.pairs)

    def _meant(self, tickets: Sequence[PlannedTicket]) -> Sequence[PlannedTicket]:
        """Return the tickets that may race."""
        return [ticket for ticket in tickets if self.tickets is UNSET or ticket.number in self.tickets]

    def rendezvous(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Tell workers where to wait for the other writer."""
        return self._race.rendezvous(instance)

    def duplicate_submissions(self, instance: FaultInstance) -> tuple[int, ...]:
        """Return the ticket that is submitted twice at once."""
        return self._race.duplicate_submissions(instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for both writers, and let them write."""
        await self._race.inject(instance, stage)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the records show that both had read before either had written."""
        return self._race.attest(instance, history)

    @property
    def _race(self) -> Race:
        is_flow_first = self.race == "stale_write" or self.first == "flow"
        return RACES[self.race](is_flow_first=is_flow_first, step=self.step or None)
