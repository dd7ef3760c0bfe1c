"""The releases of a running repetition, for faults: workers of another one are started in the place of those there."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.execution.staging.processes import READY_DEADLINE_S, LiveProcesses
from systems.system import Deployable


@dataclass(slots=True)
class LiveReleases:
    """Implements `harness.faults.stage.Releases` over a system's own word."""

    processes: LiveProcesses

    @property
    def _system(self) -> Deployable:
        system = self.processes.system
        assert isinstance(system, Deployable)  # noqa: S101 - no other takes a fault that comes to this
        return system

    def are_tickets_bound(self) -> bool:
        """Say whether open tickets stay with the workers of the release under which they began."""
        return self._system.binds_tickets

    async def start(self, procs: Sequence[str], release: str) -> None:
        """Start a worker of a release in the place of each of these, and return when all serve."""
        # Before the first await: another fault that ended one of them may be waiting to replace it.
        self.processes.replaced.update(procs)
        supervisor, system = self.processes.supervisor, self._system
        indexes = [supervisor.owned[proc].spec.index for proc in procs]
        fresh = [await supervisor.spawn(system.worker(index, release)) for index in indexes]
        await supervisor.ready(fresh, READY_DEADLINE_S)

    async def take_over(self, release: str) -> None:
        """Let work go to a release whose workers serve."""
        await self._system.take_over(release)

    async def is_drained(self, release: str) -> bool:
        """Say whether no open ticket is bound to the workers of a release."""
        return await self._system.is_drained(release)
