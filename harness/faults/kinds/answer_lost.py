"""answer_lost: the system did the work, and its answer is dropped on the way: the client knows nothing."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket
from harness.faults.triggers.choosing import Tickets, select_tickets, validate_numbers, validate_tickets
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.units import Positive, meaning


class AnswerLost(FaultSpec, frozen=True, tag="answer_lost"):
    """Keys of an `answer_lost` block; `attempts`: the first so many answers of each ticket."""

    summary: ClassVar[str] = "The system did the work, and its answer is dropped on the way: the client knows nothing."
    happened: ClassVar[tuple[str, str]] = ("an answer was lost", "answers were lost")

    tickets: Annotated[Tickets, meaning("whose answer is lost: all, those listed by number, or a share")] = "all"
    attempts: Annotated[Positive, meaning("how many answers of each ticket are lost, from the first on")] = 1

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - the seam's
        """Refuse an empty list."""
        return validate_tickets(self.tickets)

    def fault_mode(self) -> FaultMode:
        """Say that an answer is lost."""
        return FaultMode.LOST_ANSWER

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return validate_numbers(self.tickets, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance for each ticket whose answers are lost."""
        return [
            FaultInstance(f"{fault}.{n}", fault, self.kind(), ticket=ticket.number, tickets=(ticket.number,))
            for n, ticket in enumerate(select_tickets(self.tickets, tickets, seed, fault), start=1)
        ]

    def dropped_answers(self, instance: FaultInstance) -> int:  # noqa: ARG002 - alike for every ticket
        """Return how many answers the client does not get."""
        return self.attempts

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when an answer that said ok was dropped; any other is passed on unharmed."""
        dropped = [answer for answer in history.answers_dropped if answer.fault == instance.id]
        if not dropped:
            outcomes = sorted({answer.outcome for answer in history.answered if answer.ticket == instance.ticket})
            why = f"no answer of it was ok: {', '.join(outcomes)}" if outcomes else "the ticket was never answered"
            return Attestation(instance.id, "missed", why, healed=NOTHING_TO_UNDO)
        detail = f"{len(dropped)} of {self.attempts} answers dropped"
        moment = dropped[0].t
        return Attestation(instance.id, "landed", detail, moment, (), instance.tickets, healed=NOTHING_TO_UNDO)
