"""worker_kill: a worker process dies, at a place in a ticket's path, at a time, or at a progress."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import msgspec

from harness.faults.healing import were_replaced
from harness.faults.killing import attest_kill, kill, note_of
from harness.faults.spec import Attestation, Awaited, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.faults.triggers import striking
from harness.faults.triggers.when import When
from harness.history.model import History
from systems.desk.points import PointSpec
from systems.desk.units import Duration, Positive, meaning


class WorkerKill(FaultSpec, frozen=True, tag="worker_kill"):
    """Keys of a `worker_kill` block. `attempts`: so many executions at a step, a kill each. Durations in seconds."""

    summary: ClassVar[str] = "A worker process dies, at a place in a ticket's path, at a time, or at a progress."

    when: Annotated[When, meaning("when it strikes")]
    signal: Annotated[
        Literal["KILL", "TERM"], meaning("KILL ends the process at once; TERM lets it drain, until the grace is over")
    ] = "KILL"
    target: Annotated[
        Literal["owner", "one", "all"],
        meaning("who dies: the owner of the struck step, one busy worker, or all workers"),
    ] = "one"
    restart_after: Annotated[Duration | Literal["never"], meaning("how long after its death a worker is replaced")] = (
        0.5
    )
    grace: Annotated[Duration, meaning("how long a worker may drain after TERM, before KILL follows")] = 10.0
    attempts: Annotated[
        Positive,
        meaning("how many executions of the struck step are killed, one after the other; with a step trigger only"),
    ] = 1

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an unclear moment, an owner where nothing is owned, and executions that no step counts."""
        found = self.when.mistakes() + striking.target_mistakes(self.when, self.target, given)
        return found + striking.attempts_mistakes(self.when, self.attempts, given)

    def completed(self, given: frozenset[str]) -> "WorkerKill":
        """Aim at the owner of the struck step, unless the scenario says otherwise."""
        if "target" in given or self.when.step is None:
            return self
        return msgspec.structs.replace(self, target="owner")

    def holds_s(self) -> float:
        """Return the time until the replacement is started, and a drain's grace."""
        restart = 0.0 if self.restart_after == "never" else self.restart_after
        return restart + (self.grace if self.signal == "TERM" else 0.0)

    def awaits(self) -> Awaited:
        """Wait until somebody notices that the worker is dead."""
        return "detection"

    def failures(self) -> int:
        """Return how many executions are killed, one after the other."""
        return self.attempts

    def manner(self) -> str:
        """Name the signal."""
        return self.signal

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return striking.problems(self.when, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times` or `attempts`."""
        return striking.schedule("worker_kill", self.when, fault, tickets, seed, self.attempts)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place; a timed kill needs none."""
        return striking.points(self.when, instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, end the victims, and restart them."""
        struck = await striking.strike(instance, stage, self.target)
        if struck is None:
            return
        planned, victims = struck
        stage.begun(instance, planned, victims)
        forced = await kill(instance, stage, victims, self.signal, self.grace)
        await self._restart(victims, stage)
        note = note_of(forced, "worker", self.signal, self.grace)
        stage.ended(instance, healed=True, injected=True, note=note)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when a live, busy child was reaped with that signal and wrote nothing more."""
        found = attest_kill(instance, history, self.signal, self.grace)
        is_back = self.restart_after == "never" or were_replaced(found.procs, history, must_be_ready=True)
        return msgspec.structs.replace(found, healed=found.healed and is_back)

    async def _restart(self, victims: Sequence[str], stage: Stage) -> None:
        if self.restart_after == "never":
            return
        import asyncio  # noqa: PLC0415 - validation never comes here, and it takes 40 ms

        await asyncio.gather(*(stage.restart(victim, self.restart_after) for victim in victims))
