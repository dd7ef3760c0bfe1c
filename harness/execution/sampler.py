"""Samples of cost: CPU seconds, resident bytes and threads of the run's processes, by role, as they go."""

import asyncio
import os
from dataclasses import dataclass, field

import psutil

from harness.execution.load import Driver
from harness.execution.watch import Watch
from harness.history import run_records
from harness.processes.supervisor_client import Owned, SupervisorClient
from systems.desk.live.journal import Journal

PERIOD_S = 0.25


@dataclass(slots=True)
class Sampler:
    """Writes a Sample every `every_s`: psutil for the living, the supervisor's rusage for the reaped.

    Where one is needed at a certain moment, it is taken then.
    """

    supervisor: SupervisorClient
    watch: Watch
    journal: Journal
    driver: Driver
    every_s: float = PERIOD_S
    _looked_at: dict[int, psutil.Process] = field(default_factory=dict)
    """By pid: to find a process costs as much as to read its figures."""

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            self.take()
            await asyncio.sleep(self.every_s)

    def take(self) -> None:
        """Write one sample now."""
        cpu: dict[str, float] = {}
        rss: dict[str, int] = {}
        threads: dict[str, int] = {}
        for owned in self.supervisor.owned.values():
            seconds, resident, started = self._usage(owned)
            cpu[owned.spec.role] = cpu.get(owned.spec.role, 0.0) + seconds
            rss[owned.spec.role] = rss.get(owned.spec.role, 0) + resident
            threads[owned.spec.role] = threads.get(owned.spec.role, 0) + started
        cpu["harness"] = sum(map(self._spent_s, (os.getpid(), self.supervisor.pid)))
        host_busy_s, host_total_s = _host()
        self.journal.write(
            run_records.Sample,
            cpu_seconds=cpu,
            rss_bytes=rss,
            in_flight=self.driver.submitted - len(self.watch.settled),
            paused=len(self.watch.paused),
            host_busy_s=host_busy_s,
            host_total_s=host_total_s,
            threads=threads,
        )

    def _spent_s(self, pid: int) -> float:
        """Return the CPU s of one of the harness's own processes; nothing of one that is gone."""
        try:
            return _cpu_s(self._process(pid))
        except psutil.Error:
            return 0.0

    def _usage(self, owned: Owned) -> tuple[float, int, int]:
        """Return (CPU s, resident bytes, threads) of a process; a reaped one keeps the CPU it used."""
        if owned.exited is not None:
            return owned.cpu_s, 0, 0
        try:
            process = self._process(int(owned.proc.partition("-")[0]))
            with process.oneshot():
                owned.cpu_s = _cpu_s(process)
                return owned.cpu_s, process.memory_info().rss, process.num_threads()
        except psutil.Error:  # between its death and its reaping
            return owned.cpu_s, 0, 0

    def _process(self, pid: int) -> psutil.Process:
        if (process := self._looked_at.get(pid)) is None:
            process = self._looked_at[pid] = psutil.Process(pid)
        return process


def _host() -> tuple[float, float]:
    """Return (busy, all) CPU seconds of all cores since the machine started.

    A core that waits for a disk could have done something else; one that the hypervisor took away could not.
    """
    times = psutil.cpu_times()
    fields = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")  # guest is part of user
    total = sum(getattr(times, name, 0.0) for name in fields)
    return round(total - times.idle - getattr(times, "iowait", 0.0), 3), round(total, 3)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
