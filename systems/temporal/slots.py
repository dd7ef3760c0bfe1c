"""One process's capacity, shared by the workers of its task queues.

Each task queue has a worker of its own, but `threads` is a promise about the process. A worker reserves a slot
before it polls, so an idle queue holds one while it waits; with one poller a queue, `threads` plus one slot for each
other queue keeps all threads busy and starves nobody. Steps themselves run on `threads` threads.
"""

import asyncio
import threading

from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)


class SharedSlots(CustomSlotSupplier):
    """Hands out `slots` permits among all workers of this event loop."""

    def __init__(self, slots: int) -> None:
        self._free = asyncio.Semaphore(slots)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:  # noqa: ARG002 - the SDK's interface
        """Wait for a free slot."""
        await self._free.acquire()
        return SlotPermit()

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:  # noqa: ARG002
        """Refuse eager activities: steps go through their task queues."""
        return None

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """Nothing: a reserved slot counts as used."""

    def release_slot(self, ctx: SlotReleaseContext) -> None:  # noqa: ARG002 - the SDK's interface
        """Take a slot back; called on the SDK's own threads."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._free.release)
