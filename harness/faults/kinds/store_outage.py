"""store_outage: the desk's database is locked for a while: whoever wants to write waits."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from harness.faults.healing import was_ended
from harness.faults.pauses.pausing import SLACK_S
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.faults.triggers import striking
from harness.faults.triggers.when import When
from harness.history.model import Attempt, History, Request
from systems.desk.points import PointSpec
from systems.desk.units import Duration, meaning

LONGEST_S = 25.0
"""The desk waits 30 s for a lock; a lock error would be the ground's fault and make a run unknown."""
SECOND = 1_000_000_000


class StoreOutage(FaultSpec, frozen=True, tag="store_outage"):
    """Keys of a `store_outage` block. Durations in seconds."""

    summary: ClassVar[str] = "The desk's database is locked for a while: whoever wants to write waits."

    when: Annotated[When, meaning("when it begins; a time or a progress")]
    duration: Annotated[Duration, meaning("how long the database is locked, at most 25s")]

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - the seam's
        """Refuse a moment that a step decides, and a lock that the desk would not wait for."""
        found = self.when.mistakes() + striking.timed_mistakes(self.when)
        if not 0 < self.duration <= LONGEST_S:
            found.append(
                ("duration", f"duration: expected more than 0 and at most {LONGEST_S:g}s; found {self.duration:g}s")
            )
        return found

    def holds_s(self) -> float:
        """Return how long it lasts."""
        return self.duration

    def manner(self) -> str:
        """Name how it strikes."""
        return "lock"

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return striking.problems(self.when, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times`."""
        return striking.schedule("store_outage", self.when, fault, tickets, seed)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:  # noqa: ARG002 - below the desk
        """Return nothing: workers notice by themselves."""
        return ()

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Hold the store's lock, and give it back on every path out of here."""
        planned = await stage.due(instance)
        if planned is None:
            stage.ended(instance, healed=True, injected=False, note="the run went quiet before its moment came")
            return
        stage.begun(instance, planned)
        await stage.hold_store(instance.id, self.duration)
        stage.ended(instance, healed=True, injected=True)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the lock was held so long, nobody wrote meanwhile, and somebody was waiting when it ended."""
        held = next((one for one in history.locks if one.fault == instance.id), None)
        if held is None:
            ended = history.faults_ended.get(instance.id)
            why = ended.note if ended and ended.note else "the lock was never given back"
            begun = history.faults_begun.get(instance.id)
            moment = None if begun is None else begun.t
            return Attestation(instance.id, "missed", why, moment, healed=begun is None)
        waiting = [one for one in history.attempts if one.ticket > 0 and _spans(one, held.until)]
        doubts = []
        if held.until - held.since < (self.duration - SLACK_S) * SECOND:
            doubts.append(f"the lock was held for {(held.until - held.since) / SECOND:.2f} s only")
        if any(held.since < row.at < held.until for row in history.audit):
            doubts.append("somebody wrote although the lock was held")
        tickets = tuple(sorted({one.ticket for one in waiting} | _at_the_door(history, held.until)))
        if not tickets:
            doubts.append("nobody was under way when the lock was given back")
        attempts = tuple(one.id for one in waiting)
        fate, detail = ("missed", "; ".join(doubts)) if doubts else ("landed", f"{len(tickets)} tickets waited")
        is_healed = was_ended(instance, history)
        place = (held.since, (), tickets)
        return Attestation(instance.id, fate, detail, *place, healed=is_healed, attempts=attempts)  # type: ignore[arg-type]


def _spans(attempt: Attempt, moment: int) -> bool:
    """Say whether an attempt was under way when the lock was given back."""
    return attempt.started < moment and (attempt.ended is None or attempt.ended > moment)


def _at_the_door(history: History, moment: int) -> set[int]:
    """Return the tickets whose request a process had taken, and that could not even be written down."""
    return {one.ticket for one in history.requests if one.ticket > 0 and _is_open(one, moment)}


def _is_open(request: Request, moment: int) -> bool:
    return request.opened < moment and (request.closed is None or request.closed > moment)
