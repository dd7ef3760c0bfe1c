"""Tickets stand still: an operator pauses them, each stops at its next step, and later lets them go on."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from harness.faults.healing import SLACK_S, why_missed
from harness.faults.pauses.pausing import KIND, PauseScope
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.faults.stage import Stage
from harness.faults.triggers import striking
from harness.faults.triggers.choosing import select_tickets, validate_numbers
from harness.history.model import History, Process
from harness.history.run_records import PauseAsked
from harness.text import counted
from systems.desk.fault_mode import FaultMode
from systems.desk.model import ticket_id
from systems.desk.points import PointSpec

SECOND = 1_000_000_000
REACH_S = 2.0
"""How long an operator's wish may be on its way to a ticket's walk."""


class TicketPause(PauseScope):
    """Tickets stand still, as an operator wishes."""

    __slots__ = ()

    name: ClassVar[str] = "ticket"
    keys: ClassVar[frozenset[str]] = frozenset({"tickets"})
    fault_mode: ClassVar[FaultMode] = FaultMode.PAUSED_TICKET

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return striking.validate_plan(self.moment, tickets) + validate_numbers(self.tickets, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance a firing, with the tickets it means; none named means all that are under way."""
        instances = striking.schedule(KIND, self.moment, fault, tickets, seed)
        if self.tickets == "all":
            meant = [tuple(() if instance.ticket is None else (instance.ticket,)) for instance in instances]
        else:
            chosen = select_tickets(self.tickets, tickets, seed, fault)
            meant = [tuple(ticket.number for ticket in chosen)] * len(instances)
        return [msgspec.structs.replace(firing, tickets=of) for firing, of in zip(instances, meant, strict=True)]

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place; a timed pause needs none."""
        return striking.points(self.moment, instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Pause the tickets, read that they stand still, and resume them, on every path out of here."""
        moment = await striking.moment(instance, stage)
        if moment is None:
            return
        stage.begun(instance.id, moment.planned)
        try:
            waiting = await stage.operator.pause(instance.id, instance.tickets or stage.operator.under_way())
            # The wish first, the thread at the point second: released sooner, it could be past its next step before the
            # wish is there.
            stage.clock.release(instance.id)
            await stage.operator.watch_pause(instance.id, waiting, self.duration_s)
        finally:
            # Once more, for the path on which the wish could not be made: no thread is left at the point.
            stage.clock.release(instance.id)
            await stage.operator.resume(instance.id)
        stage.ended(instance.id, healed=True, injected=True)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: each ticket asked was read as paused, and made no attempt until it was resumed so long after.

        One that could not stand still before its end, or that no process had taken up, is left out.
        """
        begun = history.faults_begun.get(instance.id)
        asked = next((asked for asked in history.pause_asked if asked.fault == instance.id), None)
        paused = _read_as_paused(instance, history)
        resumed = {entry.ticket: entry.t for entry in history.resumed if entry.fault == instance.id}
        is_healed = (set() if asked is None else set(asked.tickets)) | paused.keys() <= resumed.keys()
        if begun is None or asked is None or not paused:
            why = why_missed(instance, history, "no ticket was ever read as paused")
            return Attestation(instance.id, "missed", why, None if begun is None else begun.t, healed=is_healed)
        until = max(resumed.values(), default=None)
        meant = (*asked.tickets, *instance.tickets)
        able = {n for n in meant if n in paused or _could_stand_still(n, asked, until, history)}
        doubts = [f"{ticket_id(n)} was never read as paused" for n in sorted(able - paused.keys())]
        for ticket, since in paused.items():
            doubts += _doubts(ticket, since, resumed.get(ticket), self.duration_s, history)
        tickets = tuple(sorted(paused))
        if doubts:
            return Attestation(instance.id, "missed", "; ".join(doubts[:3]), begun.t, (), tickets, healed=is_healed)
        detail = f"{counted(len(tickets), 'ticket')} stood still"
        return Attestation(instance.id, "landed", detail, begun.t, (), tickets, healed=is_healed)


def _read_as_paused(instance: FaultInstance, history: History) -> dict[int, int]:
    """Map the tickets that were read as paused to when; one that has ended by then has no next step."""
    ended_at = history.terminal_at
    return {
        reading.ticket: reading.t
        for reading in history.paused
        if reading.fault == instance.id and reading.t < ended_at.get(reading.ticket, reading.t + 1)
    }


def _could_stand_still(ticket: int, asked: PauseAsked, until: int | None, history: History) -> bool:
    """Say whether a ticket that was not read as paused had more than its next step before it, and a process to walk it.

    What was on its way as it was asked is finished first: one step may begin after that. And a wish takes its time to
    come through to a walk (a signal waits for its workflow's next task): a ticket that had ended by then could
    not stand still.
    """
    before = [a for a in history.attempts if a.ticket == ticket and (until is None or a.started < until)]
    last = history.processes.get(before[-1].proc) if before else None
    if not before or (last is not None and _was_struck(last, asked.t, until)):
        return False
    ended_at = history.terminal_at.get(ticket)
    if ended_at is not None and ended_at < asked.t + REACH_S * SECOND:
        return False
    begun_since = {attempt.instance for attempt in before if attempt.started > asked.t}
    return len(begun_since) > 1 or ended_at is None or (until is not None and ended_at > until)


def _doubts(ticket: int, since: int, until: int | None, duration_s: float, history: History) -> list[str]:
    name = ticket_id(ticket)
    if until is None:
        return [f"{name} was never resumed"]
    if until - since < (duration_s - SLACK_S) * SECOND:
        return [f"{name} stood still for {(until - since) / SECOND:.2f} s only"]
    started = [a.started for a in history.attempts if a.ticket == ticket and a.started > since]
    if any(moment < until for moment in started):
        return [f"{name} made an attempt while it was paused"]
    if not started and not any(_was_struck(process, since, until) for process in history.processes.values()):
        return [f"{name} made no attempt after it was resumed"]
    return []


def _was_struck(process: Process, since: int, until: int | None) -> bool:
    """Say whether another fault ended a worker meanwhile: what it held cannot go on."""
    return (
        process.exited is not None
        and process.role == "worker"
        and since < process.exited.t
        and (until is None or process.exited.t < until)
        and any(sent.fault for sent in process.signals)
    )
