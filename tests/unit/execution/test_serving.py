"""HTTP as the harness's own processes speak it, byte by byte: what clients of any kind send is answered, in order."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest

from harness.execution.serving import LARGEST_BODY_BYTES, Answer, serve
from systems.desk.live.channel import Channel

POST = b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\n%s"


class Told(Channel):
    """A channel that keeps the port for the test."""

    def __init__(self) -> None:
        super().__init__(None)
        self.port: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def ready(self, port: int | None = None) -> None:
        assert port is not None
        self.port.set_result(port)


class Desk:
    """What is served: /echo gives back what it got, /wait answers when it may, /break never foresaw this."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.may_answer, self.was_late = asyncio.Event(), asyncio.Event()

    async def echo(self, body: bytes) -> Answer:
        self.heard.append(body)
        return HTTPStatus.OK, {"got": body.decode()}

    async def wait(self, body: bytes) -> Answer:
        await self.may_answer.wait()
        answered = await self.echo(body)
        self.was_late.set()
        return answered

    async def breaks(self, _: bytes) -> Answer:
        raise KeyError("unforeseen")


def talked(talk: Callable[[Desk, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Desk:
    """Serve a desk, let `talk` have a connection to it, and return it."""

    async def whole() -> Desk:
        desk, channel = Desk(), Told()
        routes = {("POST", "/echo"): desk.echo, ("POST", "/wait"): desk.wait, ("GET", "/break"): desk.breaks}
        serving = asyncio.create_task(serve(routes, channel))
        reader, writer = await asyncio.open_connection("127.0.0.1", await channel.port)
        await asyncio.wait_for(talk(desk, reader, writer), 20)
        writer.close()
        serving.cancel()
        return desk

    return asyncio.run(whole())


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next(int(line.partition(":")[2]) for line in head.splitlines() if line.startswith("content-length"))
    return int(head.split()[1]), await reader.readexactly(length)


def test_a_connection_takes_one_request_after_the_other_also_if_they_come_at_once() -> None:
    async def talk(_: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(POST % b"one")
        assert await answer(reader) == (200, b'{"got":"one"}')
        writer.write(POST % b"two" + POST % b"thr")
        assert [await answer(reader), await answer(reader)] == [(200, b'{"got":"two"}'), (200, b'{"got":"thr"}')]

    assert talked(talk).heard == [b"one", b"two", b"thr"]


def test_a_body_may_come_in_pieces_chunked_or_after_it_was_asked_for() -> None:
    async def talk(_: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (POST[:20], (POST % b"abc")[20:-1], b"c"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        assert await answer(reader) == (200, b'{"got":"abc"}')
        writer.write(
            b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
        )
        assert await answer(reader) == (200, b'{"got":"def"}')
        writer.write(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        writer.write(b"gh")
        assert await answer(reader) == (200, b'{"got":"gh"}')

    assert talked(talk).heard == [b"abc", b"def", b"gh"]


def test_a_place_that_is_not_there_and_a_route_that_breaks_leave_the_connection_usable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def talk(_: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /echo HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (await answer(reader))[0] == 404
        writer.write(b"HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\nCONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404 ")  # and no body
        assert (await answer(reader))[0] == 404
        writer.write(b"GET /break?again=1 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (await answer(reader))[0] == 500
        writer.write(POST % b"yes")
        assert await answer(reader) == (200, b'{"got":"yes"}')

    assert talked(talk).heard == [b"yes"]
    assert "KeyError: 'unforeseen'" in capsys.readouterr().err


def test_a_body_beyond_the_limit_is_refused_and_leaves_the_connection_usable() -> None:
    async def talk(_: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
        for size, status in ((LARGEST_BODY_BYTES, 200), (LARGEST_BODY_BYTES + 1, 413), (3, 200)):
            writer.write(head % size + b"x" * size)
            assert (await answer(reader))[0] == status

    assert [len(body) for body in talked(talk).heard] == [LARGEST_BODY_BYTES, 3]


@pytest.mark.parametrize(
    "last",
    [
        b"POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nend",
        b"POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nend",
    ],
)
def test_who_wants_it_closed_gets_it_closed_after_the_answer(last: bytes) -> None:
    async def talk(_: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(last)
        assert await answer(reader) == (200, b'{"got":"end"}')
        assert await reader.read() == b""

    talked(talk)


def test_what_is_no_http_is_hung_up_on_and_others_go_on() -> None:
    async def talk(_: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")
        heard, wrong = await asyncio.open_connection(*address)
        wrong.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert await heard.read() == b""
        wrong.close()
        writer.write(POST % b"yes")
        assert await answer(reader) == (200, b'{"got":"yes"}')

    talked(talk)


def test_a_request_is_seen_through_also_if_its_client_has_gone_and_holds_up_no_other() -> None:
    async def talk(desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, impatient = await asyncio.open_connection(*writer.get_extra_info("peername"))
        impatient.write((POST % b"gon").replace(b"/echo", b"/wait"))
        await impatient.drain()
        writer.write(POST % b"yes")
        assert await answer(reader) == (200, b'{"got":"yes"}')
        impatient.transport.abort()
        desk.may_answer.set()
        await desk.was_late.wait()

    assert talked(talk).heard == [b"yes", b"gon"]
