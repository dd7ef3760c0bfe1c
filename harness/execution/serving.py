"""HTTP for processes of the harness's own: short requests and JSON answers, on this machine alone, until it is killed.

Every repetition starts such a process before its load. A web framework takes longer to import than all the rest of
them, so this stands on what reads and writes HTTP (h11), over asyncio's streams.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import h11
import msgspec

from systems.desk.live.channel import Channel

BACKLOG = 1024
"""Connections that wait to be taken: more than workers open at once."""
CHUNK = 64 * 1024
LARGEST_BODY_BYTES = 1024 * 1024
"""Far beyond any effect or order. What is larger is refused, and never in memory as a whole."""

Answer = tuple[HTTPStatus, object]
"""What a request is answered with: the status, and what its JSON body tells."""
TOO_LARGE: Answer = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    {"error": f"a body has at most {LARGEST_BODY_BYTES} bytes"},
)
Routes = Mapping[tuple[str, str], Callable[[bytes], Awaitable[Answer]]]
"""Who answers, by method and path; each gets the request's body."""


async def serve(routes: Routes, channel: Channel) -> None:
    """Serve on a port that the system chooses, and say it on the channel.

    A connection stays open as long as its client wants it, and its requests are answered one after the other. A request
    is seen through also if its client has gone meanwhile.
    """
    async with asyncio.TaskGroup() as connections:

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.create_task(_talk(routes, reader, writer))

        server = await asyncio.start_server(take, "127.0.0.1", 0, backlog=BACKLOG)
        channel.ready(port=server.sockets[0].getsockname()[1])
        await server.serve_forever()


async def _talk(routes: Routes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h11.Connection(h11.SERVER)
    try:
        while isinstance(request := await _next_event(connection, reader, writer), h11.Request):
            body, size = bytearray(), 0
            while isinstance(part := await _next_event(connection, reader, writer), h11.Data):
                size += len(part.data)
                if size <= LARGEST_BODY_BYTES:
                    body += part.data
            if not isinstance(part, h11.EndOfMessage):
                break
            status, told = await _answer(routes, request, bytes(body)) if size <= LARGEST_BODY_BYTES else TOO_LARGE
            content = msgspec.json.encode(told)
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
            answer = h11.Response(status_code=status, headers=headers, reason=status.phrase)
            sent = b"" if request.method == b"HEAD" else content
            parts = (answer, h11.Data(data=sent), h11.EndOfMessage())
            writer.write(b"".join(connection.send(part) or b"" for part in parts))
            await writer.drain()
            if connection.our_state is not h11.DONE:  # the client wanted it to be the last
                break
            connection.start_next_cycle()
    except (h11.RemoteProtocolError, OSError):
        pass  # whoever speaks no HTTP, or went away, waits for no answer
    finally:
        writer.close()


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        if connection.they_are_waiting_for_100_continue:
            writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        connection.receive_data(await reader.read(CHUNK))
    return event


async def _answer(routes: Routes, request: h11.Request, body: bytes) -> Answer:
    path = request.target.decode("ascii").partition("?")[0]
    route = routes.get((request.method.decode("ascii"), path))
    if route is None:
        return HTTPStatus.NOT_FOUND, {"error": "no such place"}
    try:
        return await route(body)
    except Exception as error:  # noqa: BLE001 - one that a route did not foresee; the next request may go well
        traceback.print_exc()
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(error)}
