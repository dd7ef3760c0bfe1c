"""Samples of cost: CPU seconds and resident bytes of the run's processes, by role, as they go."""

import asyncio
from dataclasses import dataclass

import psutil

from harness.load import Driver
from harness.spawner import Owned, Supervisor
from harness.watch import Watch
from systems.desk import records
from systems.desk.live.journal import Journal

PERIOD_S = 0.25


@dataclass(slots=True)
class Sampler:
    """Writes a Sample every `PERIOD_S`: psutil for the living, the supervisor's rusage for the reaped."""

    supervisor: Supervisor
    watch: Watch
    journal: Journal
    driver: Driver

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            self.take()
            await asyncio.sleep(PERIOD_S)

    def take(self) -> None:
        """Write one sample now."""
        cpu: dict[str, float] = {}
        rss: dict[str, int] = {}
        for one in self.supervisor.owned.values():
            seconds, resident = _usage(one)
            cpu[one.spec.role] = cpu.get(one.spec.role, 0.0) + seconds
            rss[one.spec.role] = rss.get(one.spec.role, 0) + resident
        in_flight = self.driver.submitted - len(self.watch.settled)
        self.journal.write(
            records.Sample, cpu_seconds=cpu, rss_bytes=rss, in_flight=in_flight, paused=len(self.watch.paused)
        )


def _usage(one: Owned) -> tuple[float, int]:
    """Return (CPU s, resident bytes) of a process; a reaped one keeps the CPU it used."""
    if one.exited is not None:
        return one.cpu_s, 0
    try:
        process = psutil.Process(int(one.proc.partition("-")[0]))
        with process.oneshot():
            times = process.cpu_times()
            one.cpu_s = times.user + times.system
            return one.cpu_s, process.memory_info().rss
    except psutil.Error:  # between its death and its reaping
        return one.cpu_s, 0
