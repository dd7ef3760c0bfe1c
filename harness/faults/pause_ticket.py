"""Tickets stand still: an operator pauses them, each stops at its next step, and later he lets them go on."""

from collections.abc import Sequence

import msgspec

from harness.faults import striking
from harness.faults.choosing import chosen, problems_of_numbers
from harness.faults.fault import Attestation, FaultInstance, PlannedTicket, Stage
from harness.faults.pausing import Pause
from harness.history import History
from systems.desk.model import ticket_id
from systems.desk.points import PointSpec

POLL_S = 0.02


def problems(pause: Pause, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
    """Return what the plan makes impossible."""
    return striking.problems(pause.when, tickets) + problems_of_numbers(pause.tickets, tickets)


def schedule(pause: Pause, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
    """Return one instance a firing, with the tickets it means; none named means all that are under way."""
    instances = striking.schedule("long_pause", pause.when, fault, tickets, seed)
    if pause.tickets == "all":
        meant = [tuple(() if one.ticket is None else (one.ticket,)) for one in instances]
    else:
        meant = [tuple(one.number for one in chosen(pause.tickets, tickets, seed, fault)) for _ in instances]
    return [msgspec.structs.replace(one, tickets=of) for one, of in zip(instances, meant, strict=True)]


def points(pause: Pause, instance: FaultInstance) -> tuple[PointSpec, ...]:
    """Tell workers of the place; a timed pause needs none."""
    return striking.points(pause.when, instance)


async def inject(pause: Pause, instance: FaultInstance, stage: Stage) -> None:
    """Pause the tickets, read that they stand still, and resume them, on every path out of here."""
    planned, _ = await striking.moment(instance, stage)
    if planned is None:
        stage.ended(instance, healed=True, injected=False, note="the run went quiet before its moment came")
        return
    stage.begun(instance, planned)
    try:
        waiting = await stage.pause(instance.id, instance.tickets or stage.under_way())
        stage.release(instance.id)
        await stage.watch_pause(instance.id, waiting, pause.duration_s)
    finally:
        stage.release(instance.id)
        await stage.resume(instance.id)
    stage.ended(instance, healed=True, injected=True)


def attest(pause: Pause, instance: FaultInstance, history: History) -> Attestation:  # noqa: ARG001 - the seam's
    """Landed: each ticket was read as paused, made no attempt until it was resumed, and then did."""
    begun = history.faults_begun.get(instance.id)
    ended_at = history.terminal_at
    paused = {
        one.ticket: one.t
        for one in history.paused
        if one.fault == instance.id and one.t < ended_at.get(one.ticket, one.t + 1)  # who has ended has no next step
    }
    resumed = {one.ticket: one.t for one in history.resumed if one.fault == instance.id}
    if begun is None or not paused:
        ended = history.faults_ended.get(instance.id)
        why = ended.note if ended and ended.note else "no ticket was ever read as paused"
        return Attestation(instance.id, "missed", why, None if begun is None else begun.t)
    doubts = [f"{ticket_id(n)} was never read as paused" for n in instance.tickets if n not in paused]
    for ticket, since in paused.items():
        doubts += _doubts(ticket, since, resumed.get(ticket), history)
    tickets, is_healed = tuple(sorted(paused)), all(ticket in resumed for ticket in paused)
    if doubts:
        return Attestation(instance.id, "missed", "; ".join(doubts[:3]), begun.t, (), tickets, is_healed)
    return Attestation(instance.id, "landed", f"{len(tickets)} tickets stood still", begun.t, (), tickets, is_healed)


def _doubts(ticket: int, since: int, until: int | None, history: History) -> list[str]:
    name = ticket_id(ticket)
    if until is None:
        return [f"{name} was never resumed"]
    started = [one.started for one in history.attempts if one.ticket == ticket and one.started > since]
    if any(moment < until for moment in started):
        return [f"{name} made an attempt while it was paused"]
    if not started and not _was_struck_dead(since, until, history):
        return [f"{name} made no attempt after it was resumed"]
    return []


def _was_struck_dead(since: int, until: int, history: History) -> bool:
    """Say whether another fault ended a worker meanwhile: what it held cannot go on."""
    return any(
        one.exited is not None
        and one.role == "worker"
        and since < one.exited.t < until
        and any(sent.fault for sent in one.signals)
        for one in history.processes.values()
    )
