"""Two tickets meet in assign_agent, both offered the same agent: double_assign."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.races.racing import KIND, Race, meet, missed, reached, released
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.faults.stage import Stage
from harness.history.model import History
from systems.desk.model import Priority, Step
from systems.desk.outcomes import draw
from systems.desk.points import MeetingSpec

SIDES = ("a", "b")


class AssignRace(Race):
    """Two tickets, offered the same agent: `double_assign`."""

    __slots__ = ()

    is_of_two_tickets: ClassVar[bool] = True

    def most(self, tickets: Sequence[PlannedTicket]) -> int:
        """Return how many pairs of neighbours want the same kind of agent."""
        return len(_pairs(tickets))

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int, pairs: int) -> list[FaultInstance]:
        """Choose as many pairs by lot."""
        by_lot = sorted(_pairs(tickets), key=lambda pair: draw(seed, pair[0].number, f"race/{fault}"))[:pairs]
        chosen = sorted(by_lot, key=lambda pair: pair[0].number)
        return [
            FaultInstance(f"{fault}.{n}", fault, KIND, step="assign_agent", tickets=pair, offer=len(tickets) + n)
            for n, pair in enumerate(((earlier.number, later.number) for earlier, later in chosen), start=1)
        ]

    def rendezvous(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Let both wait between the offer and the taking, and offer both the same: an agent after all tickets' own."""
        return tuple(
            MeetingSpec(
                f"{instance.id}.{side}", ticket, Step.ASSIGN_AGENT.value, "offered", visit=1, offer=instance.offer
            )
            for side, ticket in zip(SIDES, instance.tickets, strict=True)
        )

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Let both go on once both are there."""
        points = [f"{instance.id}.{side}.1" for side in SIDES]
        have_met = await meet(instance, stage, points)
        note = "" if have_met else "one of the two never came"
        stage.ended(instance.id, healed=True, injected=have_met, note=note)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: both stood before their write at once, offered the same agent in the same version."""
        points = [f"{instance.id}.{side}.1" for side in SIDES]
        arrivals = [arrival for point in points if (arrival := reached(history, point)) is not None]
        releases = [release for point in points if (release := released(history, point)) is not None]
        if len(arrivals) < len(points):
            return missed(instance, f"{len(arrivals)} of 2 tickets came to the meeting", history)
        met_at = max(arrival.t for arrival in arrivals)
        if len(releases) < len(points) or met_at > min(release.t for release in releases):
            return missed(instance, "the two did not meet in time", history)
        first, second = arrivals
        if first.saw != second.saw:
            return missed(instance, f"one was offered {first.saw}, the other {second.saw}", history)
        detail = f"both were offered {first.saw}" if first.saw else "both stood before their statement"
        return Attestation(instance.id, "landed", detail, met_at, (), instance.tickets, healed=NOTHING_TO_UNDO)


def _pairs(tickets: Sequence[PlannedTicket]) -> list[tuple[PlannedTicket, PlannedTicket]]:
    """Pair neighbours, by arrival, that want the same kind of agent equally many steps after they came.

    They reach `assign_agent` at about the same time, so that neither waits at the meeting for longer than it may. A
    ticket is in one pair at most, as it can be offered one agent only.
    """
    groups: dict[tuple[bool, int], list[PlannedTicket]] = {}
    for ticket in tickets:
        steps = [p.step for p in ticket.oracle.path]
        assigned = next((p for p in ticket.oracle.path if p.step == Step.ASSIGN_AGENT), None)
        if assigned is not None and assigned.result == "assigned":
            groups.setdefault((ticket.priority == Priority.HIGH, steps.index(Step.ASSIGN_AGENT)), []).append(ticket)
    return [pair for group in groups.values() for pair in list(pairwise(group))[::2]]
