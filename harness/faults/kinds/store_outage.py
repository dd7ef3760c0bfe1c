"""store_outage: the desk's database is locked for a while: all that want to write wait."""

from contextlib import AbstractAsyncContextManager
from typing import Annotated, ClassVar

from harness.faults.healing import SLACK_S, was_ended, why_missed
from harness.faults.outage import Outage
from harness.faults.spec import Attestation, FaultInstance
from harness.faults.stage import Stage
from harness.history.model import Attempt, History, Request
from harness.text import counted
from systems.desk.fault_mode import FaultMode
from systems.desk.units import Duration, meaning

SECOND = 1_000_000_000
LONGEST_S = 25.0
"""The desk waits 30 s for the lock; an error of the lock would be the ground's fault, and the run unknown."""


class StoreOutage(Outage, frozen=True, tag="store_outage"):
    """Keys of a `store_outage` block. Durations in seconds."""

    summary: ClassVar[str] = "The desk's database is locked for a while: whoever wants to write waits."
    happened: ClassVar[tuple[str, str]] = ("the database was locked", "the database was locked")
    longest_s: ClassVar[float] = LONGEST_S

    duration: Annotated[Duration, meaning(f"how long the database is locked, at most {LONGEST_S:g}s")]

    def fault_mode(self) -> FaultMode:
        """Name how it strikes."""
        return FaultMode.LOCK

    def in_force(self, instance: FaultInstance, stage: Stage) -> AbstractAsyncContextManager[None]:
        """Hold the store's lock."""
        return stage.world.store_held(instance.id)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the lock was held so long, nothing was written meanwhile, and a ticket waited until the end."""
        held = next((lock for lock in history.locks if lock.fault == instance.id), None)
        if held is None:
            why = why_missed(instance, history, "the lock was never given back")
            begun = history.faults_begun.get(instance.id)
            moment = None if begun is None else begun.t
            return Attestation(instance.id, "missed", why, moment, healed=begun is None)
        waiting = [attempt for attempt in history.attempts if attempt.ticket > 0 and _spans(attempt, held.until)]
        doubts = []
        if held.until - held.since < (self.duration - SLACK_S) * SECOND:
            doubts.append(f"the lock was held for {(held.until - held.since) / SECOND:.2f} s only")
        if any(held.since < row.at < held.until for row in history.audit):
            doubts.append("somebody wrote although the lock was held")
        tickets = tuple(sorted({attempt.ticket for attempt in waiting} | _at_the_door(history, held.until)))
        if not tickets:
            doubts.append("nobody was under way when the lock was given back")
        attempts = tuple(attempt.id for attempt in waiting)
        waited = f"{counted(len(tickets), 'ticket')} waited"
        fate, detail = ("missed", "; ".join(doubts)) if doubts else ("landed", waited)
        is_healed = was_ended(instance, history)
        place = (held.since, (), tickets)
        return Attestation(instance.id, fate, detail, *place, healed=is_healed, attempts=attempts)  # type: ignore[arg-type]


def _spans(attempt: Attempt, moment: int) -> bool:
    """Say whether an attempt was under way when the lock was given back."""
    return attempt.started < moment and (attempt.ended is None or attempt.ended > moment)


def _at_the_door(history: History, moment: int) -> set[int]:
    """Return the tickets whose request a process had taken, and that could not even be written down."""
    return {request.ticket for request in history.requests if request.ticket > 0 and _is_open(request, moment)}


def _is_open(request: Request, moment: int) -> bool:
    return request.opened < moment and (request.closed is None or request.closed > moment)
