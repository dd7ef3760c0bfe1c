"""worker_kill: a worker process dies, at a place in a ticket's path, at a time, or at a progress."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from harness.faults.healing import were_replaced
from harness.faults.killing import attest_kill, kill, note_of
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, RecoveryWait
from harness.faults.stage import Stage
from harness.faults.triggers import striking
from harness.faults.triggers.triggered import TriggeredFault
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.units import Duration, Positive, meaning


class WorkerKill(TriggeredFault, frozen=True, tag="worker_kill"):
    """Keys of a `worker_kill` block. `attempts`: so many executions at a step, a kill each. Durations in seconds."""

    summary: ClassVar[str] = "A worker process dies, at a place in a ticket's path, at a time, or at a progress."
    happened: ClassVar[tuple[str, str]] = ("a worker died", "workers died")
    remarks: ClassVar[Mapping[str, str]] = {"target": "`owner` with a step trigger, else `one`"}

    signal: Annotated[
        Literal["KILL", "TERM"], meaning("KILL ends the process at once; TERM lets it drain, until the grace is over")
    ] = "KILL"
    target: Annotated[
        Literal["owner", "one", "all"],
        meaning("who dies: the owner of the struck step, one busy worker, or all workers"),
    ] = "one"
    ticket: Annotated[
        Positive | UnsetType, meaning("the worker that has this ticket dies; goes with a time, in place of a target")
    ] = UNSET
    restart_after: Annotated[Duration | Literal["never"], meaning("how long after its death a worker is replaced")] = (
        0.5
    )
    grace: Annotated[Duration, meaning("how long a worker may drain after TERM, before KILL follows")] = 10.0
    attempts: Annotated[
        Positive,
        meaning("how many executions of the struck step are killed, one after the other; with a step trigger only"),
    ] = 1

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an unclear moment, an owner where nothing is owned, and executions that no step counts."""
        mistakes = super().validate_keys(given) + striking.validate_target(self.when, self.target, given)
        mistakes += striking.validate_ticket(self.when, self.ticket, given)
        return mistakes + striking.validate_attempts(self.when, self.attempts, given)

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible of the moment, and of the ticket."""
        return super().validate_plan(tickets) + striking.validate_planned(self.ticket, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times`, or of the executions that are killed."""
        return striking.aimed(super().schedule(fault, tickets, seed), self.ticket)

    def with_defaults(self, given: frozenset[str]) -> "WorkerKill":
        """Aim at the owner of the struck step, unless the scenario says otherwise."""
        if "target" in given or self.when.step is None:
            return self
        return msgspec.structs.replace(self, target="owner")

    def fault_mode(self) -> FaultMode:
        """Name the signal."""
        return FaultMode(self.signal)

    def blocked_s(self) -> float:
        """Return the time until the replacement is started, and a drain's grace."""
        restart = 0.0 if self.restart_after == "never" else self.restart_after
        return restart + (self.grace if self.signal == "TERM" else 0.0)

    def recovery_wait(self) -> RecoveryWait:
        """Wait until the system notices that the worker is dead."""
        return "detection"

    def failures(self) -> int:
        """Return how many executions are killed, one after the other."""
        return self.attempts

    def most_failures(self, workers: int) -> int | None:
        """Return how often a worker can die where none is started again."""
        if self.restart_after != "never":
            return None
        return 1 if self.target == "all" else workers

    def grace_s(self) -> float:
        """Return how long a drain may take."""
        return self.grace

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, end the victims, and restart them."""
        struck = await striking.strike(instance, stage, self.target)
        if struck is None:
            return
        planned, victims = struck
        stage.begun(instance.id, planned, victims)
        forced = await kill(instance, stage, victims, self.signal, self.grace)
        await self._restart(victims, stage)
        note = note_of(forced, "worker", self.signal, self.grace)
        stage.ended(instance.id, healed=True, injected=True, note=note)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when a live, busy child was reaped with that signal and wrote nothing more."""
        attestation = attest_kill(instance, history, self.signal, self.grace)
        is_back = self.restart_after == "never" or were_replaced(attestation.procs, history, must_be_ready=True)
        return msgspec.structs.replace(attestation, healed=attestation.healed and is_back)

    async def _restart(self, victims: Sequence[str], stage: Stage) -> None:
        if self.restart_after == "never":
            return
        import asyncio  # noqa: PLC0415 - validation never comes here, and it takes 40 ms

        await asyncio.gather(*(stage.processes.restart(victim, self.restart_after) for victim in victims))
