"""deploy: a new release of the flow's code is rolled out while tickets run, and perhaps rolled back."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from harness.faults.healing import had_exited, was_ended, why_missed
from harness.faults.killing import kill, note_of
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, RecoveryWait
from harness.faults.stage import Stage
from harness.faults.triggers import striking
from harness.faults.triggers.triggered import TriggeredFault
from harness.history.model import History, Process
from systems.desk.fault_mode import FaultMode
from systems.desk.releases import CHANGES, FlowRelease
from systems.desk.units import Duration, meaning
from systems.settings import Capability

FIRST = ""
DRAIN_DEADLINE_S = 60.0
"""How long workers stay at most to which open tickets are bound; then they are told to leave all the same."""
DRAIN_POLL_S = 0.2


class Deploy(TriggeredFault, frozen=True, tag="deploy"):
    """Keys of a `deploy` block. Durations in seconds."""

    requires: ClassVar[Capability | None] = Capability.RELEASES
    summary: ClassVar[str] = (
        "A new release of the flow's code is rolled out while tickets run, and perhaps rolled back."
    )
    happened: ClassVar[tuple[str, str]] = ("a release was deployed", "releases were deployed")

    release: Annotated[FlowRelease, meaning("what the release changes in the flow, by its name in the catalogue")]
    shape: Annotated[
        Literal["at_once", "rolling"],
        meaning("at_once: all workers leave, then those of the release start; rolling: one worker after the other"),
    ] = "at_once"
    grace: Annotated[Duration, meaning("how long a leaving worker may drain after TERM, before KILL follows")] = 10.0
    rollback_after: Annotated[
        Duration | Literal["never"],
        meaning("how long after it is rolled out the release is rolled back, in the same shape"),
    ] = "never"

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an unclear moment, and a release that is rolled out again and again."""
        mistakes = super().validate_keys(given)
        if self.when.times > 1:
            what = f"when: a release is rolled out once: expected no times, found {self.when.times}"
            mistakes.append(("when", what))
        return mistakes

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Refuse a release of which no planned ticket would see anything: it would prove nothing."""
        mistakes = super().validate_plan(tickets)
        if not any(CHANGES[self.release].is_passed(ticket.oracle.path) for ticket in tickets):
            wanted = "expected a release whose change some planned ticket passes"
            mistakes.append(("release", f"release: {wanted}, found {self.release}, which none does"))
        return mistakes

    def fault_mode(self) -> FaultMode:
        """Workers are told to leave."""
        return FaultMode.TERM

    def blocked_s(self) -> float:
        """Return how long workers may drain, and until those of the first release are back."""
        return self.grace if self.rollback_after == "never" else 2 * self.grace + self.rollback_after

    def recovery_wait(self) -> RecoveryWait:
        """Wait until the system notices what a worker left that outlived its grace."""
        return "detection"

    def grace_s(self) -> float:
        """Return how long a drain may take."""
        return self.grace

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, roll the release out, and roll it back where that is asked for."""
        moment = await striking.moment(instance, stage)
        if moment is None:
            return
        if not stage.operator.under_way():
            stage.clock.release(instance.id)
            stage.ended(instance.id, healed=True, injected=False, note="no ticket was under way")
            return
        stage.begun(instance.id, moment.planned, stage.processes.workers())
        if stage.releases.are_tickets_bound():
            forced = await self._beside(instance, stage)
        else:
            forced = await self._in_place(instance, stage)
        note = note_of(forced, "worker", "TERM", self.grace)
        stage.ended(instance.id, healed=True, injected=True, note=note)

    # -- workers that nothing binds tickets to: the old leave, the new come

    async def _in_place(self, instance: FaultInstance, stage: Stage) -> Sequence[str]:
        forced = await self._replace(instance, stage, self.release)
        if self.rollback_after != "never":
            await stage.clock.sleep(self.rollback_after)
            forced = [*forced, *await self._replace(instance, stage, FIRST)]
        return forced

    async def _replace(self, instance: FaultInstance, stage: Stage, release: str) -> Sequence[str]:
        """Let a release take the place of all workers; return those that were ended by force."""
        leaving = stage.processes.workers()
        forced: list[str] = []
        for batch in [[worker] for worker in leaving] if self.shape == "rolling" else [leaving]:
            forced += await kill(instance, stage, batch, "TERM", self.grace)
            await stage.releases.start(batch, release)
        await stage.releases.take_over(release)
        return forced

    # -- workers that open tickets are bound to: both releases live until the old one's tickets have ended

    async def _beside(self, instance: FaultInstance, stage: Stage) -> Sequence[str]:
        first = stage.processes.workers()
        fresh = await self._add(instance, stage, first, self.release)
        if self.rollback_after == "never":
            return await self._leave(instance, stage, first, FIRST)
        await stage.clock.sleep(self.rollback_after)
        await stage.releases.take_over(FIRST)
        return await self._leave(instance, stage, fresh, self.release)

    async def _add(self, instance: FaultInstance, stage: Stage, beside: Sequence[str], release: str) -> Sequence[str]:
        """Start a release beside the workers that there are, and give it whatever is new."""
        stage.clock.release(instance.id)  # nobody leaves yet, so that no drain releases the point
        for batch in [[worker] for worker in beside] if self.shape == "rolling" else [beside]:
            await stage.releases.start(batch, release)
        await stage.releases.take_over(release)
        return [worker for worker in stage.processes.workers() if worker not in beside]

    async def _leave(
        self, instance: FaultInstance, stage: Stage, leaving: Sequence[str], release: str
    ) -> Sequence[str]:
        """Wait until no ticket is bound to a release, and let its workers leave; return those ended by force."""
        for _ in range(int(DRAIN_DEADLINE_S / DRAIN_POLL_S)):
            if await stage.releases.is_drained(release):
                break
            await stage.clock.sleep(DRAIN_POLL_S)
        return await kill(instance, stage, leaving, "TERM", self.grace)

    # -- its proof

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the old workers were reaped, new ones ready, and a ticket begun before completed a step after.

        Where it was rolled back, it is healed once workers of the first release serve again.
        """
        begun = history.faults_begun.get(instance.id)
        if begun is None:
            return Attestation(
                instance.id, "missed", why_missed(instance, history, "it was never injected"), healed=True
            )
        old = [history.processes[proc] for proc in begun.procs if proc in history.processes]
        new = [process for process in _since(history, begun.t) if process.release == self.release]
        doubts = [*_of_old(old, instance, history), *_of_new(old, new, self.release)]
        if not _went_on(history, begun.t):
            doubts.append("no ticket that had begun before completed a step after")
        is_healed = was_ended(instance, history) and (self.rollback_after == "never" or _are_back(old, history))
        if doubts:
            return Attestation(instance.id, "missed", "; ".join(doubts), begun.t, begun.procs, healed=is_healed)
        detail = f"{len(new)} workers run {self.release} in the place of {len(old)}"
        return Attestation(instance.id, "landed", detail, begun.t, begun.procs, healed=is_healed)


def _since(history: History, moment: int) -> list[Process]:
    """Return the workers that were started after a moment and became ready."""
    workers = (process for process in history.processes.values() if process.role == "worker")
    return [worker for worker in workers if worker.spawned >= moment and worker.ready is not None]


def _of_old(old: Sequence[Process], instance: FaultInstance, history: History) -> list[str]:
    """Say what speaks against the workers of before having left, as far as they were told to."""
    told = [worker for worker in old if any(sent.fault == instance.id for sent in worker.signals)]
    return [
        f"worker {worker.index} ({worker.proc}) was not reaped" for worker in told if not had_exited(worker, history)
    ]


def _of_new(old: Sequence[Process], new: Sequence[Process], release: str) -> list[str]:
    """Say which workers of the release are missing."""
    missing = {worker.index for worker in old} - {worker.index for worker in new}
    return [f"no worker {index} of {release} became ready" for index in sorted(missing)]


def _went_on(history: History, moment: int) -> bool:
    """Say whether a counted ticket that had begun before a moment completed a step after it."""
    began = {attempt.ticket for attempt in history.attempts if attempt.ticket > 0 and attempt.started < moment}
    done = (attempt for attempt in history.attempts if attempt.result is not None and (attempt.ended or 0) > moment)
    return any(attempt.ticket in began for attempt in done)


def _are_back(old: Sequence[Process], history: History) -> bool:
    """Say whether each of these places has a worker of the first release when settling ends."""
    firsts = {
        worker.index
        for worker in history.processes.values()
        if worker.role == "worker"
        and worker.ready is not None
        and worker.release == FIRST
        and not had_exited(worker, history)
    }
    return {worker.index for worker in old} <= firsts
