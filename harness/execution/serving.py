"""A process of the harness's own that serves HTTP: on a port that the system chooses, until it is killed."""

import asyncio
from typing import Any

from aiohttp import web

from systems.desk.live.channel import Channel


async def serve(runner: web.AppRunner, channel: Channel) -> None:
    """Serve on this machine alone, and say the port on the channel."""
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    addresses: list[Any] = runner.addresses
    channel.ready(port=addresses[0][1])
    await asyncio.Event().wait()
