"""A link: a port that connects to another one, and can be cut in every way that a network knows.

Where a cut must look like a network's and not like a process's, four rules hold. A connection that lost a byte never
goes on. The other side of it must not learn of the cut. Who connects while bytes are held is connected, as a SYN cannot
be dropped without privileges, but the far side hears of it only afterwards. An end is passed on as a half-close.
"""

import asyncio
import contextlib
import socket
import struct
from typing import Protocol

from harness.execution.network.orders import Cut, Damage
from harness.execution.network.pump import Pump, until

LINGER_NOT = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""


class LinkLog(Protocol):
    """Where a link says what happened."""

    def opened(self, number: int) -> None:
        """Note that somebody connected."""

    def closed(self, number: int, up: int, down: int) -> None:
        """Note that a connection is over, after so many bytes each way."""

    def forwards(self) -> None:
        """Note that bytes went through for the first time since a cut was healed."""


class Link:
    """Implements `pump.Regime`: one hop, from a port of its own to `upstream` (host, port)."""

    def __init__(self, upstream: tuple[str, int], log: LinkLog) -> None:
        self.cut: Cut | None = None
        self.changed = asyncio.Condition()
        self._upstream = upstream
        self._log = log
        self._damage = Damage()
        self._open: dict[int, _Connection] = {}
        self._count = 0
        self._has_to_prove = False
        self._server: asyncio.Server | None = None

    async def listen(self) -> int:
        """Open a port on loopback, and return it."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def obey(self, cut: Cut) -> int:
        """Cut the link; return how many connections it has."""
        self.cut, self._damage = cut, Damage()
        connections = self.connections
        if cut.mode in {"reset", "refuse"}:
            self._damage.broken = connections
            for connection in list(self._open.values()):
                connection.reset()
        await self._announce()
        return connections

    async def heal(self) -> Damage:
        """Let bytes and connections through again; return what the cut did."""
        self._damage.held = sum(connection.waiting for connection in self._open.values())
        self._damage.dead = sum(connection.has_died_of(self.cut) for connection in self._open.values())
        self.cut, self._has_to_prove = None, True
        await self._announce()
        return self._damage

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._open.values()):
            connection.reset()

    async def _announce(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    # -- what pumps say

    def count_lost(self, size: int) -> None:
        """Count bytes that a cut swallowed."""
        self._damage.lost += size

    def count_slowed(self, size: int) -> None:
        """Count bytes that a cut slowed down."""
        self._damage.slowed += size

    def gave_on(self) -> None:
        """Note that bytes went through, the first time after a cut."""
        if self._has_to_prove and self.cut is None:
            self._has_to_prove = False
            self._log.forwards()

    # -- connections

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut is not None and self.cut.mode == "refuse":
            self._damage.refused += 1
            _reset(writer)
            return
        self._count += 1
        number = self._count
        connection = self._open[number] = _Connection(self, reader, writer)
        self._log.opened(number)
        try:
            await connection.serve(self._upstream)
        finally:
            del self._open[number]
            self._log.closed(number, *connection.passed)


class _Connection:
    """One connection over a link, from its accept to its end on both sides."""

    def __init__(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._link = link
        self._near = writer
        self._far: asyncio.StreamWriter | None = None
        self._up = Pump("up", link, reader)
        self._down: Pump | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many bytes it holds."""
        return self._up.waiting + (0 if self._down is None else self._down.waiting)

    def has_died_of(self, cut: Cut | None) -> bool:
        """Say whether this cut, and no earlier one, swallowed a byte of it."""
        return cut is not None and any(pump is not None and pump.died_of is cut for pump in (self._up, self._down))

    @property
    def passed(self) -> tuple[int, int]:
        """The bytes that went up, and down."""
        return self._up.passed, 0 if self._down is None else self._down.passed

    def reset(self) -> None:
        """Break it off on both sides, with a reset."""
        for writer in filter(None, (self._near, self._far)):
            _reset(writer)
        if self._task is not None:
            self._task.cancel()

    async def serve(self, upstream: tuple[str, int]) -> None:
        """Carry bytes until both sides have ended, or one broke off."""
        self._task = asyncio.current_task()
        # By `reset`, which is an end like any other; where the loop's own end cancels, nothing is left to do either.
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await self._carry(upstream)
            except* OSError:
                self.reset()
        for writer in filter(None, (self._near, self._far)):
            writer.close()

    async def _carry(self, upstream: tuple[str, int]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._up.take())
            # Before the far side hears of the connection: a handshake has to go both ways.
            if self._is_unanswered():
                self._up.died_of = self._link.cut
                await asyncio.Event().wait()
            await until(self._link, lambda: not self._is_on_hold())
            reader, self._far = await asyncio.open_connection(*upstream)
            self._down = Pump("down", self._link, reader)
            group.create_task(self._down.take())
            group.create_task(self._up.give(self._far))
            group.create_task(self._down.give(self._near))

    def _is_unanswered(self) -> bool:
        return self._link.cut is not None and self._link.cut.mode == "lose"

    def _is_on_hold(self) -> bool:
        return self._link.cut is not None and self._link.cut.mode == "hold"


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset instead of an orderly end."""
    line: socket.socket | None = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()
