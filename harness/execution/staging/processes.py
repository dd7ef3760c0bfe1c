"""The processes of a running repetition, for faults: which are busy, get a signal, are started again."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.execution.residents import Residents
from harness.execution.staging.world import lock_held
from harness.execution.watch import Watch
from harness.faults.stage import StopOutcome
from harness.processes.supervisor_client import Owned, SupervisorClient
from systems.desk.live.store import StoreLocked
from systems.system import System

READY_DEADLINE_S = 30.0
BUSY_POLL_S = 0.005
STOP_DEADLINE_S = 2.0


@dataclass(slots=True)
class LiveProcesses:
    """Implements `harness.faults.stage.Processes` over the supervisor; `replaced` have had their replacement.

    `are_residents`: what was last read as busy was so by what is resident in it, which stays, not by an open attempt.
    """

    supervisor: SupervisorClient
    system: System
    watch: Watch
    residents: Residents
    replaced: set[str] = field(default_factory=set)
    are_residents: bool = False

    def workers(self) -> Sequence[str]:
        """Return the live workers by index."""
        return self.supervisor.workers()

    async def busy(self, wait_s: float) -> Sequence[str]:
        """Return the workers with an open attempt, request or resident orchestration; empty after `wait_s`."""
        deadline = time.monotonic() + wait_s
        while True:
            open_now = self.watch.open_attempts()
            working = [proc for proc in self.workers() if proc in open_now]
            self.are_residents = not working
            # Journals are read at no cost; the engine is asked only where they show nothing open.
            busy = working or await self.residents.find()
            if busy or time.monotonic() >= deadline:
                return busy
            await asyncio.sleep(BUSY_POLL_S)

    async def having(self, ticket: int, wait_s: float) -> Sequence[str]:
        """Return the workers that have this ticket, by an open attempt or request, else as the system itself says."""
        deadline = time.monotonic() + wait_s
        while True:
            open_now = self.watch.open_attempts()
            holders = [proc for proc in self.workers() if ticket in open_now.get(proc, ())]
            self.are_residents = not holders
            holders = holders or await self.residents.of(ticket)
            if holders or time.monotonic() >= deadline:
                return holders
            await asyncio.sleep(BUSY_POLL_S)

    async def signal(self, proc: str, number: signal.Signals, fault: str) -> bool:
        """Send a signal to a live child, recorded as this fault's."""
        return await self.supervisor.signal(proc, number, fault)

    async def stop(self, proc: str, fault: str, *, is_idle_spared: bool) -> StopOutcome:
        """Stop a process while no write is open, as the store is held meanwhile: a stopped writer would freeze all.

        Taking the store takes a moment, in which a busy process may become idle: then it can be spared.
        """
        try:
            async with lock_held(self.watch.store):
                if is_idle_spared and not self.are_residents and proc not in self.watch.open_attempts():
                    return "idle"
                is_sent = await self.supervisor.signal(proc, signal.SIGSTOP, fault)
                is_stopped = is_sent and await self.supervisor.stopped(proc, STOP_DEADLINE_S)
                return "stopped" if is_stopped else "not stopped"
        except StoreLocked:
            return "not stopped"

    async def go_on(self, proc: str, fault: str) -> None:
        """Let a stopped process go on."""
        await self.supervisor.signal(proc, signal.SIGCONT, fault)

    async def reaped(self, proc: str, within_s: float) -> bool:
        """Wait until the supervisor reaped the process."""
        return await self.supervisor.reaped(proc, within_s)

    async def restart(self, proc: str, after_s: float) -> None:
        """Start the replacement after that long, and return when it is ready; one is enough, however many ended it."""
        await asyncio.sleep(after_s)
        if proc in self.replaced:
            return
        # Before the next await: two faults that ended the same process may both be waiting to replace it.
        self.replaced.add(proc)
        replacement = await self.supervisor.respawn(proc)
        await self.supervisor.ready([replacement], READY_DEADLINE_S)

    def engines(self) -> Sequence[str]:
        """Return the live engines that the harness started."""
        return [engine.proc for engine in self._started_engines() if engine.exited is None]

    async def restart_engine(self, proc: str, after_s: float) -> None:
        """Start the engine again after that long, and return when it serves."""
        await asyncio.sleep(after_s)
        await self.supervisor.respawn(proc)
        async with asyncio.timeout(READY_DEADLINE_S):
            await self.system.wait_until_ready()

    def is_engine_gone(self) -> bool:
        """Say whether the harness started an engine, and none lives any more."""
        return not self.engines() and bool(self._started_engines())

    async def reopen_engine(self) -> None:
        """Start an engine that died for good again, to read its record: without workers, so that no ticket goes on."""
        for worker in self.workers():
            await self.supervisor.signal(worker, signal.SIGKILL, "")
            await self.supervisor.reaped(worker, READY_DEADLINE_S)
        await self.restart_engine(self._started_engines()[-1].proc, 0.0)

    def _started_engines(self) -> list[Owned]:
        """Return every engine that the harness started, in turn, whether it lives or not."""
        return [owned for owned in self.supervisor.owned.values() if owned.spec.role == "engine"]
