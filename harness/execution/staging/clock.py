"""The moments of a running repetition, for faults: what is due, which point was reached, and when quiet has come."""

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.execution.load import SECOND, Driver
from harness.execution.residents import Residents
from harness.execution.watch import Watch
from harness.processes.supervisor_client import SupervisorClient
from systems.desk import records

FORESIGHT = SECOND // 10


@dataclass(slots=True)
class LiveClock:
    """Implements `harness.faults.stage.Clock`; `tickets` is how many are to be submitted.

    `started` is set with the first submission, `quiescent` when quiet has come. `named` are the ids of the instances of
    each fault that has a name, `begun` when (ns) the instances that this process injects began.
    """

    supervisor: SupervisorClient
    watch: Watch
    driver: Driver
    residents: Residents
    tickets: int
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    quiescent: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)

    async def due(self, at_s: float | None, progress: float | None) -> int | None:
        """Wait for a time (s after the first submission) or a progress; None if quiet came first."""
        await self.started.wait()
        if progress is not None:
            # At least one: a small share of few tickets would else have been reached before any work was done.
            goal = max(1, round(progress * self.tickets))
            is_reached = await self._before_quiescence(self.watch.until(lambda: len(self.watch.settled) >= goal))
            return time.monotonic_ns() if is_reached else None
        planned = self.driver.first + int((at_s or 0.0) * SECOND)
        is_due = await self._before_quiescence(self._until(planned))
        return planned if is_due else None

    async def due_after_fault(self, name: str, delay_s: float) -> int | None:
        """Wait until another fault struck, and so long after that; None if quiet came first."""
        ids = self.named[name]
        if not await self._before_quiescence(self.watch.until(lambda: self._first_strike(ids) is not None)):
            return None
        planned = (self._first_strike(ids) or 0) + int(delay_s * SECOND)
        is_due = await self._before_quiescence(self._until(planned))
        return planned if is_due else None

    def _first_strike(self, ids: Sequence[str]) -> int | None:
        """Return when (ns) the first of these instances struck: by this process, its clients or at a worker's point."""
        begun = [at[fault] for at in (self.begun, self.driver.struck) for fault in ids if fault in at]
        at_points = [strike.t for fault in ids if (strike := self.watch.strike(fault, 1)) is not None]
        return min([*begun, *at_points], default=None)

    async def sleep(self, duration_s: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(duration_s)

    async def reached(self, point: str) -> str | None:
        """Wait until a worker blocks at this point; None if quiet came first."""
        is_reached = await self._before_quiescence(self.supervisor.changed(lambda: point in self.supervisor.points))
        return self.supervisor.points[point].proc if is_reached else None

    def release(self, point: str) -> None:
        """Let the thread that blocks at this point go on."""
        self.supervisor.release(point)

    async def struck(self, point: str, token: int) -> records.Struck | None:
        """Wait until a point struck for the `token`-th time; None if quiet came first."""
        has_struck = await self._before_quiescence(
            self.watch.until(lambda: self.watch.strike(point, token) is not None)
        )
        return self.watch.strike(point, token) if has_struck else None

    async def _until(self, planned: int) -> None:
        """Sleep until then, but ask the system before what is resident: its engine takes a while to answer."""
        await sleep_until(planned - FORESIGHT)
        self.residents.prefetch()
        await sleep_until(planned)

    async def _before_quiescence(self, waiting: Coroutine[Any, Any, None]) -> bool:
        """Wait for an event unless quiet comes first; True if it came.

        A fault whose event never comes must not keep the run from its end: once quiet has come, nothing is left that
        could bring it. An error of the waiting is raised here, as nothing else awaits it.
        """
        wanted = asyncio.ensure_future(waiting)
        quiescent = asyncio.ensure_future(self.quiescent.wait())
        try:
            await asyncio.wait({wanted, quiescent}, return_when=asyncio.FIRST_COMPLETED)
            if wanted.done():
                wanted.result()
            return wanted.done()
        finally:
            wanted.cancel()
            quiescent.cancel()


async def sleep_until(moment: int) -> None:
    """Sleep until a moment (monotonic ns), which may be over."""
    await asyncio.sleep(max(0, moment - time.monotonic_ns()) / SECOND)
