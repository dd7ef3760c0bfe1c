"""The world around the desk of a running repetition, for faults: the receiver, the store's lock, silent agents."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiohttp

from harness.execution.load import SECOND
from harness.execution.network.orders import Cut, NetworkMode
from harness.execution.network.routes import Routes
from harness.execution.staging.clock import sleep_until
from harness.history import run_records
from systems.desk import records
from systems.desk.live.journal import Journal
from systems.desk.live.store import Store
from systems.system import Hop


@dataclass(slots=True)
class LiveWorld:
    """Implements `harness.faults.stage.World`."""

    store: Store
    journal: Journal
    receiver_url: str
    routes: Routes

    async def cut(
        self,
        fault: str,
        hop: Hop,
        workers: Sequence[str] | None,
        mode: NetworkMode,
        direction: Literal["both", "up", "down"],
        delay_s: float,
        rate: float | None,
    ) -> None:
        """Cut a hop for `fault`, of these workers alone where they are named."""
        await self.routes.cut(hop, workers, Cut(fault, mode, direction, delay_s, rate))

    async def mend(self, hop: Hop, workers: Sequence[str] | None) -> None:
        """Let the hop through again."""
        await self.routes.heal(hop, workers)

    async def trouble(self, fault: str, delay_s: float) -> None:
        """Let the receiver refuse effects for `fault` (delay 0), or be so slow; an empty fault ends it."""
        order = {"fault": fault, "delay_s": delay_s}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.receiver_url}/trouble", json=order) as answer,
        ):
            answer.raise_for_status()

    @asynccontextmanager
    async def store_held(self, fault: str) -> AsyncIterator[None]:
        """Hold the store's lock inside of the context, record for how long, and give it back on every path."""
        since = until = 0
        try:
            async with lock_held(self.store):
                since = time.monotonic_ns()
                try:
                    yield
                finally:
                    until = time.monotonic_ns()
        finally:
            if until:
                self.journal.write(run_records.LockHeld, fault=fault, since=since, until=until)

    async def answer_late(self, fault: str, began: records.Struck, duration_s: float) -> None:
        """Wait until the agent's silence is over, and look whether their answer is still wanted."""
        store = self.store
        asked = await asyncio.to_thread(store.read, began.ticket)
        await sleep_until(began.t + int(duration_s * SECOND))
        now = await asyncio.to_thread(store.read, began.ticket)
        agent = asked.agent if asked is not None and asked.agent is not None else ""
        is_wanted = now is not None and now.agent == agent and now.recorded(began.step, began.visit) is None
        self.journal.write(
            run_records.LateAnswer,
            fault=fault,
            ticket=began.ticket,
            step=began.step,
            visit=began.visit,
            agent=agent,
            is_refused=not is_wanted,
        )

    async def pending_effects(self) -> int:
        """Return how many effects the receiver has taken in and not yet decided."""
        return (await self._ledger())["pending"]

    async def ledger_lines(self) -> int:
        """Return how many lines the receiver has written into the ledger."""
        return (await self._ledger())["lines"]

    async def _ledger(self) -> dict[str, int]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.receiver_url}/ledger") as answer:
            counts: dict[str, int] = await answer.json()
            return counts


@asynccontextmanager
async def lock_held(store: Store) -> AsyncIterator[None]:
    """Hold the store's lock; it is given back on every path, also if one is cancelled while the lock is taken."""
    # The thread that takes the lock cannot be interrupted. Were the waiting for it cancelled together with this task,
    # the thread would still take it, and nothing would be left to give it back.
    lock = store.locked()
    taking = asyncio.ensure_future(asyncio.to_thread(lock.__enter__))
    try:
        await asyncio.shield(taking)
        yield
    finally:
        await taking
        lock.__exit__(None, None, None)
