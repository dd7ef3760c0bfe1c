"""A session's page over a board that a test writes: the real server, feed and policy, and no system behind them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from harness.live.board import Board
from harness.live.server import Server, listen
from tests.unit.live.test_feed import Stage

TOKEN = "staged"  # noqa: S105 - of a server that lives as long as a test
TILES: list[dict[str, Any]] = [
    {"role": role, "index": index, "proc": f"{index}", "state": state, "tickets": tickets, "cpu": cpu, "rss_bytes": 1}
    for role, index, state, tickets, cpu in [
        ("worker", 0, "alive", ["T-0001", "T-0002"], [0.1, 0.3, 0.02]),
        ("worker", 1, "dead", [], [0.2, 0.0]),
        ("worker", 2, "frozen", ["T-0003"], [0.0] * 60),
        ("engine", 0, "alive", [], [0.05]),
        ("database", 0, "starting", [], []),
        ("receiver", 0, "alive", [], [0.0]),
    ]
]


@dataclass
class StagedPage:
    """A page's address, and the board behind it."""

    server: Server
    stage: Stage
    loop: asyncio.AbstractEventLoop

    @property
    def address(self) -> str:
        return self.server.address

    def do(self, change: Callable[[Board], Any]) -> None:
        """Change the board, and publish it."""

        async def changed() -> None:
            change(self.stage.board)
            for sentence in self.stage.board.take_sentences():
                self.stage.log.add(sentence, "one")
            await self.server.publish()

        asyncio.run_coroutine_threadsafe(changed(), self.loop).result(10)

    def cut(self) -> None:
        """Break every connection in the middle of what it sends."""

        async def aborted() -> None:
            runner: web.AppRunner | None = self.server._runner  # noqa: SLF001 - only the runner knows its connections
            assert runner is not None
            assert runner.server is not None
            for connection in runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()

        asyncio.run_coroutine_threadsafe(aborted(), self.loop).result(10)


@contextmanager
def staged(folder: Path) -> Iterator[StagedPage]:
    """Serve a board on a port of loopback, from a thread of its own."""
    loop, stage = asyncio.new_event_loop(), Stage(folder)
    stage.session.columns[0].tiles = lambda: TILES  # type: ignore[method-assign]
    for order in ("pause", "resume", "send_again"):
        setattr(stage.session, order, None)  # nobody is there to do it
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def opened() -> Server:
        server = Server(stage.session, TOKEN)
        await server.open(listen(0))
        await server.publish()
        return server

    try:
        server = asyncio.run_coroutine_threadsafe(opened(), loop).result(10)
        yield StagedPage(server, stage, loop)
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
        stage.log.close()
