"""One process's capacity, shared by the workers of its task queues.

Each task queue has a worker of its own, but `threads` is a promise about the process. A worker reserves a slot before
it polls, and keeps it while its queue is empty; so an idle queue may hold one slot and no more, and while all threads
work no queue is polled anew. A queue that was already polling can still bring a task: it waits for a thread.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)


@dataclass(eq=False)
class Slot(SlotPermit):
    """A reserved slot of a queue; `is_used` once a task came."""

    queue: str
    is_used: bool = False


class SharedSlots(CustomSlotSupplier):
    """Hands out slots among all workers of this event loop: at most `threads` used, one idle for each queue."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._used = 0
        self._idle: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:
        """Wait until the queue may poll."""
        queue = ctx.task_queue
        while self._used >= self._threads or self._idle[queue]:
            turn = self._loop.create_future()
            self._waiting.append(turn)
            await turn
        self._idle[queue] += 1
        return Slot(queue)

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:  # noqa: ARG002 - the SDK's interface
        """Refuse eager activities: steps go through their task queues."""
        return None

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """Count a slot as used; called on the SDK's own threads."""
        self._later(self._use, ctx.permit)

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        """Take a slot back; called on the SDK's own threads."""
        self._later(self._free, ctx.permit)

    def _later(self, change: Callable[[Slot], None], slot: SlotPermit) -> None:
        # The SDK's threads may give slots back when the loop is over already.
        if isinstance(slot, Slot) and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(change, slot)

    def _use(self, slot: Slot) -> None:
        slot.is_used = True
        self._idle[slot.queue] -= 1
        self._used += 1
        self._wake()

    def _free(self, slot: Slot) -> None:
        if slot.is_used:
            self._used -= 1
        else:
            self._idle[slot.queue] -= 1
        self._wake()

    def _wake(self) -> None:
        """Let every reservation that waits look again."""
        # All of them, as it depends on each one's queue whether it may go on.
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)
