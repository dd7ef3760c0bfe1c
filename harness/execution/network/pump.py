"""One direction of one connection: bytes are taken at one end, and given on at the other as the link allows.

Taking and giving are two tasks with a bounded queue between them, so that a delay does not make the bytes of a second
wait for those of the one before, and yet a receiver that does not read slows its sender down.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from harness.execution.network.orders import Cut, Way

CHUNK_BYTES = 64 * 1024
QUEUE_BYTES = 4 * 1024 * 1024
"""As much is taken in while it is held; then the sender is held up, as by a full window."""


class Regime(Protocol):
    """What holds for a link at this moment."""

    cut: Cut | None
    changed: asyncio.Condition

    def count_lost(self, size: int) -> None:
        """Count bytes that a cut swallowed."""

    def count_slowed(self, size: int) -> None:
        """Count bytes that a cut slowed down."""

    def gave_on(self) -> None:
        """Note that bytes went through."""


class Pump:
    """Bytes of one direction, from `take` (a reader) to whoever is connected by `connect`.

    `died_of` is the cut that swallowed a byte, none of which will ever be followed by another. `passed` counts bytes
    given on.
    """

    def __init__(self, way: Way, regime: Regime, take: asyncio.StreamReader) -> None:
        self.way: Way = way
        self.died_of: Cut | None = None
        self.passed = 0
        self.waiting = 0
        self._regime = regime
        self._reader = take
        self._queue: deque[tuple[float, bytes]] = deque()
        self._stirred = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_at_end = False

    @property
    def is_dead(self) -> bool:
        """Whether a byte was lost."""
        return self.died_of is not None

    async def take(self) -> None:
        """Take bytes until the sender ends; raises OSError where it breaks off, once the link lets that through."""
        try:
            while data := await self._reader.read(CHUNK_BYTES):
                await self._put(data)
        except OSError:
            await self._until_known()
            raise
        self._look_for_loss()
        self._is_at_end = True
        self._stirred.set()

    async def _put(self, data: bytes) -> None:
        """Put bytes into the queue, or lose them; wait where the queue is full."""
        self._look_for_loss()
        if self.is_dead:
            # Where an earlier cut did it, the one that holds now has lost nothing.
            if self.died_of is self._regime.cut:
                self._regime.count_lost(len(data))
            return
        slowing = self._slowing()
        self._queue.append((time.monotonic() + (slowing.delay_s if slowing else 0.0), data))
        self.waiting += len(data)
        self._stirred.set()
        if self.waiting > QUEUE_BYTES:
            self._has_room.clear()
            await self._has_room.wait()

    def _look_for_loss(self) -> None:
        """Be dead from the first byte, or the word that somebody left, that the link swallows."""
        # A connection that lost a byte never goes on: what came after it would be read as something else.
        cut = self._regime.cut
        if not self.is_dead and cut is not None and cut.mode == "lose" and cut.affects(self.way):
            self.died_of = cut

    async def _until_known(self) -> None:
        """Wait until the far side may learn that this side broke off; for ever, where that word is lost."""
        self._look_for_loss()
        if self.is_dead:
            await asyncio.Event().wait()
        await self._until_open()

    def _slowing(self) -> Cut | None:
        """Return the cut that slows bytes that go this way, if one does."""
        cut = self._regime.cut
        return cut if cut is not None and cut.mode == "slow" and cut.affects(self.way) else None

    async def give(self, writer: asyncio.StreamWriter) -> None:
        """Give bytes on until the sender's end, which is given on as well; for ever, where the connection is dead."""
        while True:
            while not self._queue:
                if self._is_at_end and not self.is_dead:
                    await self._until_open()
                    writer.write_eof()
                    return
                self._stirred.clear()
                await self._stirred.wait()
            due, data = self._queue.popleft()
            await self._pass(due - time.monotonic())
            await self._until_open()
            self.waiting -= len(data)
            if self.waiting <= QUEUE_BYTES:
                self._has_room.set()
            await self._give(writer, data)

    async def _give(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if slowing := self._slowing():
            self._regime.count_slowed(len(data))
            if slowing.rate:
                await self._pass(len(data) / slowing.rate)
        try:
            writer.write(data)
            await writer.drain()
        except OSError:
            await self._until_known()
            raise
        self.passed += len(data)
        self._regime.gave_on()

    async def _pass(self, slowed_s: float) -> None:
        """Let so much time pass, or less where what slows bytes is over sooner."""
        slowing = self._slowing()
        if slowing is None or slowed_s <= 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(slowed_s):
                await until(self._regime, lambda: self._slowing() is not slowing)

    async def _until_open(self) -> None:
        """Wait while the link holds bytes that go this way."""
        await until(self._regime, lambda: not self._is_held())

    def _is_held(self) -> bool:
        cut = self._regime.cut
        return cut is not None and cut.mode == "hold" and cut.affects(self.way)


async def until(regime: Regime, predicate: Callable[[], bool]) -> None:
    """Wait until something holds that hangs on the link's regime."""
    async with regime.changed:
        await regime.changed.wait_for(predicate)
