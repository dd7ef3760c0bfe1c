"""A link of the proxy in this process, on a loop of its own: cut and healed from a test that blocks."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from harness.execution.network.link import Link
from harness.execution.network.orders import Cut, Damage, NetworkMode

DEADLINE_S = 10.0


class Silent:
    """Implements `link.LinkLog` by writing nothing down."""

    def opened(self, number: int) -> None: ...

    def closed(self, number: int, up: int, down: int) -> None: ...

    def forwards(self) -> None: ...


@dataclass
class HeldLink:
    """A link, the port that leads over it, and the loop that it lives on."""

    link: Link
    port: int
    loop: asyncio.AbstractEventLoop

    def cut(self, mode: NetworkMode, direction: Literal["both", "up", "down"] = "both") -> None:
        asyncio.run_coroutine_threadsafe(self.link.obey(Cut("1.1", mode, direction)), self.loop).result(DEADLINE_S)

    def heal(self) -> Damage:
        return asyncio.run_coroutine_threadsafe(self.link.heal(), self.loop).result(DEADLINE_S)


@contextmanager
def link_to(host: str, port: int) -> Iterator[HeldLink]:
    """Lead a port of loopback over a link to an address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def done(work: Awaitable[int] | Awaitable[None]) -> int | None:
        return asyncio.run_coroutine_threadsafe(_awaited(work), loop).result(DEADLINE_S)

    link = Link((host, port), Silent())
    try:
        yield HeldLink(link, done(link.listen()) or 0, loop)
    finally:
        done(link.close())
        done(_tasks_ended())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        loop.close()


async def _awaited(work: Awaitable[int] | Awaitable[None]) -> int | None:
    return await work


async def _tasks_ended() -> None:
    """End what connections left: one that is dead waits for ever."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
