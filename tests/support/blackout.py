"""blackout: every worker stands still at once, for a while."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from harness.faults.healing import SLACK_S, was_ended, went_on, why_missed
from harness.faults.killing import was_busy
from harness.faults.outage import Outage
from harness.faults.spec import Attestation, FaultInstance, RecoveryWait
from harness.faults.stage import Stage
from harness.history.model import History
from systems.desk.fault_mode import FaultMode

SECOND = 1_000_000_000


class Blackout(Outage, frozen=True, tag="blackout"):
    """Keys of a `blackout` block. Durations in seconds."""

    summary: ClassVar[str] = "Every worker stands still at once, for a while."
    happened: ClassVar[tuple[str, str]] = ("the lights went out", "the lights went out")

    def fault_mode(self) -> FaultMode:
        """Say what it does to the work that it hits."""
        return FaultMode.PAUSED_WORKER

    def recovery_wait(self) -> RecoveryWait:
        """Wait for what was held so long that it was given up for dead; all else goes on."""
        return "end or detection"

    @asynccontextmanager
    async def in_force(self, instance: FaultInstance, stage: Stage) -> AsyncIterator[None]:
        """Stop the workers, and let them go on, on every path out of here."""
        workers = stage.processes.workers()
        try:
            for worker in workers:
                await stage.processes.stop(worker, instance.id, is_idle_spared=False)
            yield
        finally:
            for worker in workers:
                await stage.processes.go_on(worker, instance.id)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: a busy worker stood still for so long, nobody wrote meanwhile, and all went on."""
        stopped = [(one, stop) for one in history.processes.values() for stop in one.stops if stop.fault == instance.id]
        is_healed = was_ended(instance, history) and all(went_on(one, stop, history) for one, stop in stopped)
        if not stopped:
            why = why_missed(instance, history, "no worker stood still")
            return Attestation(instance.id, "missed", why, healed=is_healed)
        moment, procs = min(stop.stopped for _, stop in stopped), tuple(one.proc for one, _ in stopped)
        doubts = [] if any(was_busy(history, proc, moment) for proc in procs) else ["no worker was busy"]
        for one, stop in stopped:
            stood_s = ((stop.continued or stop.stopped) - stop.stopped) / SECOND
            if stop.wrote or stood_s < self.duration - SLACK_S:
                doubts.append(f"worker {one.index} wrote, or stood still for {stood_s:.2f} s only")
        if doubts:
            return Attestation(instance.id, "missed", "; ".join(doubts), moment, procs, healed=is_healed)
        detail = f"{len(procs)} workers stood still"
        return Attestation(instance.id, "landed", detail, moment, procs, healed=is_healed)
