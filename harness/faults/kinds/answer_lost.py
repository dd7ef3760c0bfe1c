"""answer_lost: the system did the work, and its answer is dropped on the way: the client knows nothing."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.faults.triggers.choosing import Tickets, chosen, mistakes_of, problems_of_numbers
from harness.history.model import History
from systems.desk.points import PointSpec
from systems.desk.units import Positive, meaning


class AnswerLost(FaultSpec, frozen=True, tag="answer_lost"):
    """Keys of an `answer_lost` block; `attempts`: the first so many answers of each ticket."""

    summary: ClassVar[str] = "The system did the work, and its answer is dropped on the way: the client knows nothing."

    tickets: Annotated[Tickets, meaning("whose answer is lost: all, those listed by number, or a share")] = "all"
    attempts: Annotated[Positive, meaning("how many answers of each ticket are lost, from the first on")] = 1

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - the seam's
        """Refuse an empty list."""
        return mistakes_of(self.tickets)

    def holds_s(self) -> float:
        """Return nothing: nobody is held."""
        return 0.0

    def manner(self) -> str:
        """Name what is lost."""
        return "answer"

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return problems_of_numbers(self.tickets, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance for each ticket whose answers are lost."""
        return [
            FaultInstance(f"{fault}.{n}", fault, "answer_lost", ticket=one.number, tickets=(one.number,))
            for n, one in enumerate(chosen(self.tickets, tickets, seed, fault), start=1)
        ]

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:  # noqa: ARG002 - the client's own
        """Return nothing: workers do not notice."""
        return ()

    def answers_lost(self, instance: FaultInstance) -> int:  # noqa: ARG002 - alike for every ticket
        """Return how many answers the client does not get."""
        return self.attempts

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Do nothing: the client drops the answer as it comes."""

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when an answer that said ok was dropped; any other is passed on unharmed."""
        dropped = [one for one in history.answers_dropped if one.fault == instance.id]
        if not dropped:
            seen = sorted({one.outcome for one in history.answered if one.ticket == instance.ticket})
            why = f"no answer of it was ok: {', '.join(seen)}" if seen else "the ticket was never answered"
            return Attestation(instance.id, "missed", why, healed=NOTHING_TO_UNDO)
        detail = f"{len(dropped)} of {self.attempts} answers dropped"
        moment = dropped[0].t
        return Attestation(instance.id, "landed", detail, moment, (), instance.tickets, healed=NOTHING_TO_UNDO)
