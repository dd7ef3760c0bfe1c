"""worker_kill: a worker process dies, at a place in a ticket's path, at a time, or at a progress."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from harness.faults.fault import Attestation, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.faults.killing import BUSY_WAIT_S, attest_kill, kill
from harness.faults.when import When
from harness.history import History
from systems.desk.model import Step
from systems.desk.outcomes import draw
from systems.desk.points import PointSpec
from systems.desk.units import Duration


class WorkerKill(FaultSpec, frozen=True, tag="worker_kill"):
    """Keys of a `worker_kill` block. Durations in seconds."""

    when: When
    signal: Literal["KILL", "TERM"] = "KILL"
    target: Literal["owner", "one", "all"] = "one"
    restart_after: Duration | Literal["never"] = 0.5
    grace: Duration = 10.0

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an unclear moment, and an owner where nothing is owned."""
        found = self.when.mistakes()
        if "target" in given and self.target == "owner" and self.when.step is None:
            found.append(("target", "target: owner goes with a step trigger only; expected one or all"))
        return found

    def completed(self, given: frozenset[str]) -> "WorkerKill":
        """Aim at the owner of the struck step, unless the scenario says otherwise."""
        if "target" in given or self.when.step is None:
            return self
        return msgspec.structs.replace(self, target="owner")

    def holds_s(self) -> float:
        """Return the time until the replacement is started, and a drain's grace."""
        restart = 0.0 if self.restart_after == "never" else self.restart_after
        return restart + (self.grace if self.signal == "TERM" else 0.0)

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        step = self.when.step
        if step is None:
            return []
        passing = _passing(tickets, step, self.when.visit)
        if not _passing(tickets, step, 1):
            return [("when.step", f"expected a step that some planned ticket passes, found {step}, which none does")]
        if not passing:
            return [("when.visit", f"no planned ticket calls {step} {self.when.visit} times")]
        if self.when.occurrence > len(passing):
            many = f"expected at most {len(passing)}, as many planned tickets pass {step}"
            return [("when.occurrence", f"{many}; found {self.when.occurrence}")]
        return []

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times`."""
        when = self.when
        if when.step is None:
            at = [None if when.after is None else when.after + n * (when.every or 0.0) for n in range(when.times)]
            return [
                FaultInstance(
                    f"{fault}.{n}",
                    fault,
                    "worker_kill",
                    at_s=at_s,
                    progress=when.progress,
                    choice=draw(seed, n, f"victim/{fault}"),
                )
                for n, at_s in enumerate(at, start=1)
            ]
        passing = _passing(tickets, when.step, when.visit)[when.occurrence - 1 : when.occurrence]
        return [
            FaultInstance(
                f"{fault}.1",
                fault,
                "worker_kill",
                ticket=one.number,
                step=when.step.value,
                visit=when.visit,
                window=when.window.value,
                choice=draw(seed, 1, f"victim/{fault}"),
            )
            for one in passing
        ]

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place; a timed kill needs none."""
        if instance.ticket is None or instance.step is None:
            return ()
        window = self.when.window
        return (PointSpec(instance.id, instance.ticket, instance.step, window, "report", visit=instance.visit),)

    def applies_to(self, system: str) -> bool:  # noqa: ARG002 - every system has workers
        """Every system has workers."""
        return True

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, end the victims, and restart them."""
        planned, owner = await self._moment(instance, stage)
        if planned is None:
            stage.ended(instance, healed=True, injected=False, note="the run went quiet before its moment came")
            return
        victims = await self._victims(instance, stage, owner)
        if not victims:
            stage.release(instance.id)
            stage.ended(instance, healed=True, injected=False, note=f"no worker was busy within {BUSY_WAIT_S:g} s")
            return
        stage.begun(instance, planned, victims)
        in_time = await kill(instance, stage, victims, self.signal, self.grace)
        await self._restart(victims, stage)
        note = "" if in_time else f"a worker outlived its grace of {self.grace:g} s"
        stage.ended(instance, healed=True, injected=True, note=note)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when a live, busy child was reaped with that signal and wrote nothing more."""
        return attest_kill(instance, history, self.signal, self.grace)

    async def _moment(self, instance: FaultInstance, stage: Stage) -> tuple[int | None, str | None]:
        """Return (planned ns, or None when quiet came first; the process that blocks at the point)."""
        if instance.step is None:
            return await stage.due(instance), None
        owner = await stage.reached(instance.id)
        return (None if owner is None else 0), owner

    async def _victims(self, instance: FaultInstance, stage: Stage, owner: str | None) -> Sequence[str]:
        if self.target == "owner" and owner is not None:
            return [owner]
        busy = await stage.busy(BUSY_WAIT_S)
        if not busy:
            return []
        return stage.workers() if self.target == "all" else [busy[int(instance.choice * len(busy))]]

    async def _restart(self, victims: Sequence[str], stage: Stage) -> None:
        if self.restart_after == "never":
            return
        import asyncio  # noqa: PLC0415 - validation never comes here, and it takes 40 ms

        await asyncio.gather(*(stage.restart(victim, self.restart_after) for victim in victims))


def _passing(tickets: Sequence[PlannedTicket], step: Step, visit: int) -> list[PlannedTicket]:
    """Return the tickets whose oracle path has this visit of the step, by arrival."""
    return [t for t in tickets if any(p.step == step and p.visit == visit for p in t.oracle.path)]
