"""One ticket arrives twice at once: duplicate_submit."""

from collections.abc import Sequence

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.races.racing import KIND, Race, meet, missed, reached, released
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.faults.stage import Stage
from harness.history.model import History
from systems.desk.outcomes import draw
from systems.desk.points import MeetingSpec

TWO = 2


class SubmitRace(Race):
    """One ticket that arrives twice at once: `duplicate_submit`."""

    __slots__ = ()

    def most(self, tickets: Sequence[PlannedTicket]) -> int:
        """Return how many tickets can come twice: each can."""
        return len(tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int, pairs: int) -> list[FaultInstance]:
        """Choose as many tickets by lot."""
        by_lot = sorted(tickets, key=lambda ticket: draw(seed, ticket.number, f"race/{fault}"))[:pairs]
        return [
            FaultInstance(f"{fault}.{n}", fault, KIND, ticket=number, tickets=(number,))
            for n, number in enumerate(sorted(ticket.number for ticket in by_lot), start=1)
        ]

    def rendezvous(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Let both wait between looking for the ticket and inserting it, where a system does it so."""
        return (MeetingSpec(f"{instance.id}.door", instance.tickets[0], "", "opening", tokens=TWO),)

    def duplicate_submissions(self, instance: FaultInstance) -> tuple[int, ...]:
        """Return the ticket that is submitted twice at once."""
        return instance.tickets

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Let both in once both are at the door; the clients send by themselves."""
        points = [f"{instance.id}.door.{n}" for n in range(1, TWO + 1)]
        have_met = await meet(instance, stage, points)
        # Where a system looks and inserts in one go, nobody stops at the door: sending twice was the fault.
        stage.ended(instance.id, healed=True, injected=True, note="" if have_met else "nobody stood at the door")

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: both were sent before either was answered and, where either stood at the door, both did at once."""
        ticket = instance.tickets[0]
        sent = [submission.t for submission in history.submitted if (submission.ticket, submission.n) == (ticket, 1)]
        answered = [answer.t for answer in history.answered if (answer.ticket, answer.n) == (ticket, 1)]
        if len(sent) < TWO:
            return missed(instance, f"the ticket was sent {len(sent)} times", history)
        if answered and max(sent) > min(answered):
            return missed(instance, "the first was answered before the second was sent", history)
        points = [f"{instance.id}.door.{n}" for n in range(1, TWO + 1)]
        arrived = [arrival.t for point in points if (arrival := reached(history, point)) is not None]
        went_on = [release.t for point in points if (release := released(history, point)) is not None]
        if arrived and (len(arrived) < TWO or len(went_on) < TWO or max(arrived) > min(went_on)):
            return missed(instance, "the two did not meet at the door in time", history)
        detail = "both had looked before either inserted" if arrived else "both were sent before either was answered"
        return Attestation(instance.id, "landed", detail, max(sent), (), instance.tickets, healed=NOTHING_TO_UNDO)
