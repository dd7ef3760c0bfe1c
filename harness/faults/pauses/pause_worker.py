"""A worker process stands still: SIGSTOP, and after the duration SIGCONT."""

from collections.abc import Sequence
from typing import ClassVar

from harness.faults.healing import NOTHING_TO_UNDO, SLACK_S, went_on
from harness.faults.killing import was_busy
from harness.faults.pauses.pausing import KIND, PauseScope
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, RecoveryWait
from harness.faults.stage import Stage, StopOutcome
from harness.faults.triggers import striking
from harness.faults.triggers.striking import Target
from harness.history.model import History, Process, Stop
from systems.desk.fault_mode import FaultMode
from systems.desk.points import PointSpec

SECOND = 1_000_000_000


class WorkerPause(PauseScope):
    """A worker process stands still."""

    __slots__ = ()

    name: ClassVar[str] = "worker"
    keys: ClassVar[frozenset[str]] = frozenset({"target", "ticket"})
    fault_mode: ClassVar[FaultMode] = FaultMode.PAUSED_WORKER
    recovery_wait: ClassVar[RecoveryWait] = "end or detection"  # only what was held so long that it was taken for dead

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return striking.validate_plan(self.moment, tickets) + striking.validate_planned(self.ticket, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times`."""
        return striking.aimed(striking.schedule(KIND, self.moment, fault, tickets, seed), self.ticket)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place; a timed pause needs none."""
        return striking.points(self.moment, instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Stop the victims, wait, and let them go on, on every path out of here."""
        struck = await striking.strike(instance, stage, self.target)
        if struck is None:
            return
        planned, victims = struck
        stage.begun(instance.id, planned, victims)
        note = ""
        try:
            # Chosen again until a victim is busy as it stops: an idle worker that stands still proves nothing. Each
            # choice is recorded, and the last record counts.
            while (outcomes := await _stop(instance, stage, victims, self.target)) == ["idle"]:
                victims = await striking.busy_victims(instance, stage, self.target)
                stage.begun(instance.id, planned, victims)
            if outcomes.count("stopped") < len(victims) or not victims:
                note = "a worker could not be stopped: it had ended, or the store was held by somebody else"
            stage.clock.release(instance.id)
            await stage.clock.sleep(self.duration_s)
        finally:
            for victim in victims:
                await stage.processes.go_on(victim, instance.id)
        stage.ended(instance.id, healed=True, injected=True, note=note)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: every thread of a busy worker read as stopped, nothing journaled meanwhile, and it went on."""
        processes = history.processes.values()
        stopped = [(process, stop) for process in processes for stop in process.stops if stop.fault == instance.id]
        ended = history.faults_ended.get(instance.id)
        note = ended.note if ended else "it was never undone"
        if not stopped:
            return Attestation(instance.id, "missed", note or "no process stood still", healed=NOTHING_TO_UNDO)
        moment = min(stop.stopped for _, stop in stopped)
        procs = tuple(process.proc for process, _ in stopped)
        doubts = [doubt for process, stop in stopped for doubt in _doubts(process, stop, self.duration_s)]
        if not any(was_busy(history, proc, moment) for proc in procs):
            doubts.append("no process that it stopped was busy")
        if instance.step is not None and not any(reached.point == instance.id for _, reached in history.points):
            doubts.append("no execution reached the point")
        doubts += [note] if note else []
        is_healed = all(went_on(process, stop, history) for process, stop in stopped)
        if doubts:
            return Attestation(instance.id, "missed", "; ".join(doubts), moment, procs, healed=is_healed)
        detail = "; ".join(f"{_name(process)} stood still" for process, _ in stopped)
        return Attestation(instance.id, "landed", detail, moment, procs, healed=is_healed)


async def _stop(instance: FaultInstance, stage: Stage, victims: Sequence[str], target: Target) -> list[StopOutcome]:
    """Stop them all; one that was chosen because it was busy, and no longer is, is spared: another is chosen."""
    is_spared = target == "one" and instance.step is None
    return [await stage.processes.stop(victim, instance.id, is_idle_spared=is_spared) for victim in victims]


def _name(process: Process) -> str:
    return f"worker {process.index} ({process.proc})"


def _doubts(process: Process, stop: Stop, duration_s: float) -> list[str]:
    name, exited = _name(process), process.exited
    doubts = [] if stop.is_whole else [f"not every thread of {name} was read as stopped"]
    if stop.wrote:
        doubts.append(f"{name} journaled while it should have stood still")
    if exited is not None and (stop.continued is None or exited.t < stop.continued):
        return doubts  # killed as it stood still: until then it did
    if stop.continued is None:
        doubts.append(f"{name} was never let go on")
    elif stop.continued - stop.stopped < (duration_s - SLACK_S) * SECOND:
        doubts.append(f"{name} stood still for {(stop.continued - stop.stopped) / SECOND:.2f} s only")
    return doubts
