"""An operator's note against a flow's step on one ticket: lost_update and stale_write.

The flow's attempt has read the ticket and stands before its write; the operator reads the same version. Then the one
writes, and after it the other, based on what it had read before.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.races.racing import KIND, Race, missed, reached, released
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.faults.stage import Stage
from harness.history.model import History
from harness.history.run_records import OperatorRead, OperatorWrote
from systems.desk.fault_mode import FaultMode
from systems.desk.model import Step
from systems.desk.outcomes import draw
from systems.desk.path import Passage
from systems.desk.points import MeetingSpec
from systems.desk.records import PointReached, PointReleased


class NoteRace(Race):
    """An operator's note against a flow's step: `lost_update`."""

    __slots__ = ()

    has_operator: ClassVar[bool] = True

    def most(self, tickets: Sequence[PlannedTicket]) -> int:
        """Return how many tickets have a step between the first and the last."""
        return len(self._able(tickets))

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int, pairs: int) -> list[FaultInstance]:
        """Choose as many tickets by lot, and a step of each that is neither its first nor its last."""
        by_lot = sorted(self._able(tickets), key=lambda ticket: draw(seed, ticket.number, f"race/{fault}"))[:pairs]
        return [
            self._instance(f"{fault}.{n}", fault, ticket, draw(seed, ticket.number, f"step/{fault}"))
            for n, ticket in enumerate(sorted(by_lot, key=lambda ticket: ticket.number), start=1)
        ]

    def _able(self, tickets: Sequence[PlannedTicket]) -> list[PlannedTicket]:
        """Return the tickets that can meet the note; those of a large load share a few dozen oracles."""
        ways = {id(ticket.oracle): ticket for ticket in tickets}
        able = {way for way, ticket in ways.items() if self._inner(ticket)}
        return [ticket for ticket in tickets if id(ticket.oracle) in able]

    def _inner(self, ticket: PlannedTicket) -> list[Passage]:
        """Return where a ticket may meet the note: between its first step and its last."""
        inner = [passage for passage in ticket.oracle.path[1:] if passage.step != Step.CLOSE_TICKET]
        return [passage for passage in inner if self.step is None or passage.step == self.step]

    def _instance(self, name: str, fault: int, ticket: PlannedTicket, lot: float) -> FaultInstance:
        inner = self._inner(ticket)
        at = inner[int(lot * len(inner))]
        place = FaultInstance(name, fault, KIND, ticket.number, at.step, at.visit, "before_record")
        return msgspec.structs.replace(place, tickets=(ticket.number,))

    def rendezvous(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Stop the flow before its write and, where it writes first, after it."""
        ticket, step = instance.tickets[0], str(instance.step)
        before = MeetingSpec(f"{instance.id}.before", ticket, step, "before_record", instance.visit)
        after = MeetingSpec(f"{instance.id}.after", ticket, step, "recorded", instance.visit)
        return (before, after) if self.is_flow_first else (before,)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Let the operator read beside the flow, and write before or after it."""
        before, after = f"{instance.id}.before.1", f"{instance.id}.after.1"
        if await stage.clock.reached(before) is None:
            stage.ended(instance.id, healed=True, injected=False, note="the flow never came to the step")
            return
        stage.begun(instance.id, 0)
        try:
            basis = await stage.operator.read(instance.id, instance.tickets[0])
            if self.is_flow_first:
                stage.clock.release(before)
                await stage.clock.reached(after)
            if basis is not None:
                await stage.operator.write(instance.id, basis)
        finally:
            stage.clock.release(before)
            stage.clock.release(after)
        stage.ended(instance.id, healed=True, injected=True)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: flow and operator had read the same version before either wrote, and wrote in the planned order."""
        before = reached(history, f"{instance.id}.before.1")
        went_on = released(history, f"{instance.id}.before.1")
        read = next((read for read in history.operator_read if read.fault == instance.id), None)
        wrote = next((wrote for wrote in history.operator_wrote if wrote.fault == instance.id), None)
        if before is None:
            return missed(instance, f"no attempt of {instance.step} came to the meeting", history)
        if went_on is None or read is None or wrote is None:
            return missed(instance, "flow and operator did not meet in time", history)
        doubt = _read_alike(before, read) or _wrote_in_turn(
            before.attempt, went_on, wrote, history, is_flow_first=self.is_flow_first
        )
        if doubt:
            return missed(instance, doubt, history)
        detail = f"both had read version {read.version}; the operator's note: {wrote.outcome}"
        return Attestation(instance.id, "landed", detail, before.t, (), instance.tickets, healed=NOTHING_TO_UNDO)


class StaleNoteRace(NoteRace):
    """The same, where the operator writes on the basis of a read from before the flow's write: `stale_write`."""

    __slots__ = ()

    fault_mode: ClassVar[FaultMode] = FaultMode.STALE_WRITE


def _read_alike(before: PointReached, read: OperatorRead) -> str:
    is_alike = before.saw == str(read.version)
    return "" if is_alike else f"the flow had read version {before.saw}, the operator {read.version}"


def _wrote_in_turn(
    attempt: str, went_on: PointReleased, wrote: OperatorWrote, history: History, *, is_flow_first: bool
) -> str:
    if wrote.outcome == "ended":
        return "the ticket had ended before the operator wrote"
    if is_flow_first and not _flow_wrote_between(attempt, went_on.t, wrote.t, history):
        return "the flow had not written when the operator did"
    if not is_flow_first and wrote.t > went_on.t:
        return "the flow went on before the operator had written"
    return ""


def _flow_wrote_between(attempt: str, since: int, until: int, history: History) -> bool:
    """Say whether the flow's attempt committed its write in that time."""
    return any(row.writer == attempt and row.table == "tickets" and since <= row.at <= until for row in history.audit)
