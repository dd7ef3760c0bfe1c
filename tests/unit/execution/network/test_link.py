"""A link, really: sockets on both sides of it, and what each side sees while it is cut and afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from harness.execution.network.link import Link
from harness.execution.network.orders import Cut, Damage
from harness.execution.network.pump import QUEUE_BYTES
from tests.support.awaited import awaited

DEADLINE_S = 10.0
NOTHING_COMES_S = 0.15
"""So long is looked for what must not come: long beside the tenth of a millisecond that loopback takes."""

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Log:
    """What a link said."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []

    def opened(self, number: int) -> None:
        self.said.append(("opened", number))

    def closed(self, number: int, up: int, down: int) -> None:
        self.said.append(("closed", number, up, down))

    def forwards(self) -> None:
        self.said.append(("forwards",))


class Server:
    """Answers each line with the same line, and notes how its connections went."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        self.ended: list[str] = []
        self.connected = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        try:
            while line := await reader.readline():
                self.came.append(line)
                writer.write(line)
                await writer.drain()
            self.ended.append("end")
        except OSError:
            self.ended.append("reset")
        finally:
            writer.close()


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Link, Server, Callable[[], Awaitable[Client]], Log]]:
    server, log = Server(), Log()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    link = Link(("127.0.0.1", listening.sockets[0].getsockname()[1]), log)
    port = await link.listen()
    clients: list[Client] = []

    async def connect() -> Client:
        clients.append(await asyncio.open_connection("127.0.0.1", port))
        return clients[-1]

    try:
        async with asyncio.timeout(DEADLINE_S):
            yield link, server, connect, log
    finally:
        for _, writer in clients:
            writer.close()
        await link.close()
        listening.close()


async def asked(client: Client, line: bytes) -> bytes:
    client[1].write(line)
    return await client[0].readline()


async def comes(client: Client) -> bytes | None:
    """Return the next line, or None if none comes for a while."""
    try:
        return await asyncio.wait_for(client[0].readline(), NOTHING_COMES_S)
    except TimeoutError:
        return None


async def until(predicate: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not predicate():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.005)


async def lost_a_line(link: Link, connect: Callable[[], Awaitable[Client]]) -> Client:
    """Return a connection that worked, and of which a cut that is healed again swallowed a line of five bytes."""
    client = await connect()
    await asked(client, b"before\n")
    await link.obey(Cut("1.1", "lose"))
    client[1].write(b"lost\n")
    assert await comes(client) is None
    assert await link.heal() == Damage(lost=5, dead=1)
    return client


@awaited
async def test_a_link_that_is_not_cut_carries_bytes_and_ends_both_ways() -> None:
    async with linked() as (_, server, connect, log):
        client = await connect()
        assert await asked(client, b"hello\n") == b"hello\n"
        client[1].write_eof()
        assert await client[0].read() == b""
        await until(lambda: len(log.said) == 2, f"the connection is over: {log.said}")
        assert server.ended == ["end"]
        assert log.said == [("opened", 1), ("closed", 1, 6, 6)]


@awaited
async def test_a_half_close_is_passed_on_as_one() -> None:
    async with linked() as (_, server, connect, _):
        client = await connect()
        client[1].write(b"last\n")
        client[1].write_eof()
        assert await client[0].read() == b"last\n"
        assert server.ended == ["end"]


@awaited
async def test_what_is_held_arrives_later_on_the_same_connection() -> None:
    async with linked() as (link, server, connect, log):
        client = await connect()
        await asked(client, b"before\n")
        assert await link.obey(Cut("1.1", "hold")) == 1
        client[1].write(b"held\n")
        assert await comes(client) is None
        assert server.came == [b"before\n"]
        assert await link.heal() == Damage(held=5)
        assert await client[0].readline() == b"held\n"
        assert log.said == [("opened", 1), ("forwards",)]


@awaited
async def test_who_connects_while_bytes_are_held_reaches_the_far_side_afterwards() -> None:
    async with linked() as (link, server, connect, _):
        await link.obey(Cut("1.1", "hold"))
        client = await connect()
        client[1].write(b"early\n")
        assert await comes(client) is None
        assert server.connected == 0
        assert (await link.heal()).held == 6
        assert await client[0].readline() == b"early\n"


@awaited
async def test_an_end_is_held_too() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "hold"))
        client[1].transport.abort()
        assert await comes(client) in (None, b"")
        assert server.ended == []
        await link.heal()
        await until(lambda: bool(server.ended), "the far side learns that the near side left")


@awaited
async def test_a_connection_that_lost_a_byte_never_goes_on_and_a_new_one_works() -> None:
    async with linked() as (link, server, connect, log):
        client = await lost_a_line(link, connect)
        client[1].write(b"after\n")
        assert await comes(client) is None
        assert server.came == [b"before\n"]
        assert await asked(await connect(), b"anew\n") == b"anew\n"
        assert ("forwards",) in log.said


@awaited
async def test_the_far_side_of_a_lost_connection_learns_nothing_of_it() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "lose"))
        client[1].write(b"lost\n")
        await comes(client)
        client[1].close()
        await link.heal()
        assert await asked(await connect(), b"anew\n") == b"anew\n"
        assert server.ended == []


@awaited
async def test_a_connection_that_lost_nothing_goes_on_after_a_loss() -> None:
    async with linked() as (link, _, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "lose"))
        assert await link.heal() == Damage()
        assert await asked(client, b"after\n") == b"after\n"


@awaited
async def test_who_connects_during_a_loss_is_never_answered() -> None:
    async with linked() as (link, server, connect, _):
        await link.obey(Cut("1.1", "lose", "down"))
        client = await connect()
        client[1].write(b"syn\n")
        assert await comes(client) is None
        assert (await link.heal()).dead == 1
        assert await comes(client) is None
        assert server.connected == 0


@awaited
async def test_what_an_earlier_loss_killed_is_no_harm_of_a_later_one() -> None:
    async with linked() as (link, _, connect, _):
        client = await lost_a_line(link, connect)
        await link.obey(Cut("1.2", "lose"))
        client[1].write(b"lost long ago\n")
        assert await comes(client) is None
        assert await link.heal() == Damage()


@awaited
async def test_a_loss_of_answers_alone_lets_requests_through() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "lose", "down"))
        client[1].write(b"request\n")
        await until(lambda: server.came[-1] == b"request\n", "the request arrives")
        assert await comes(client) is None
        assert await link.heal() == Damage(lost=8, dead=1)


@awaited
async def test_a_loss_of_requests_alone_lets_answers_through() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await link.obey(Cut("1.1", "hold", "down"))
        client[1].write(b"asked\n")
        await until(lambda: server.came == [b"asked\n"], "the request arrives")
        await link.obey(Cut("1.2", "lose", "up"))
        assert await client[0].readline() == b"asked\n"
        client[1].write(b"lost\n")
        assert await comes(client) is None
        assert (await link.heal()).lost == 5


@awaited
async def test_a_reset_breaks_every_connection_once() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "reset"))
        with pytest.raises(ConnectionResetError):
            await client[0].readline()
        await until(lambda: server.ended == ["reset"], f"the far side is reset too: {server.ended}")
        assert await asked(await connect(), b"anew\n") == b"anew\n"
        assert await link.heal() == Damage(broken=1)


@awaited
async def test_a_refusal_breaks_what_is_open_and_turns_away_what_comes() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "refuse"))
        with pytest.raises(ConnectionResetError):
            await client[0].readline()
        turned_away = await connect()
        with pytest.raises(ConnectionResetError):
            await turned_away[0].readline()
        assert await link.heal() == Damage(broken=1, refused=1)
        assert server.connected == 1
        assert await asked(await connect(), b"anew\n") == b"anew\n"


@awaited
async def test_a_delay_is_of_each_way_and_does_not_add_up() -> None:
    async with linked() as (link, _, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "slow", delay_s=0.1))
        began = time.monotonic()
        assert await asked(client, b"slow\n") == b"slow\n"
        assert time.monotonic() - began >= 0.2
        for number in range(5):
            client[1].write(b"%d\n" % number)
            await asyncio.sleep(0.01)
        began = time.monotonic()
        assert [await client[0].readline() for _ in range(5)] == [b"%d\n" % number for number in range(5)]
        assert time.monotonic() - began < 0.6  # one after the other they would take a second
        assert (await link.heal()).slowed >= 30


@awaited
async def test_a_rate_is_kept() -> None:
    async with linked() as (link, server, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "slow", "up", rate=1000.0))
        began = time.monotonic()
        client[1].write(b"x" * 199 + b"\n")
        await until(lambda: len(server.came) == 2, "the line arrives")
        assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("slow", [Cut("1.1", "slow", "up", rate=1.0), Cut("1.1", "slow", delay_s=60.0)])
def test_what_is_slowed_goes_on_as_soon_as_that_is_over(slow: Cut) -> None:
    async def seen() -> None:
        async with linked() as (link, server, connect, _):
            client = await connect()
            await asked(client, b"before\n")
            await link.obey(slow)
            client[1].write(b"x" * 199 + b"\n")
            assert await comes(client) is None
            await link.heal()
            await until(lambda: len(server.came) == 2, "the line arrives")

    asyncio.run(seen())


@awaited
async def test_a_sender_is_held_up_where_nobody_reads() -> None:
    async with linked() as (link, _, connect, _):
        client = await connect()
        await asked(client, b"before\n")
        await link.obey(Cut("1.1", "hold"))
        client[1].write(b"x" * (4 * QUEUE_BYTES))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client[1].drain(), NOTHING_COMES_S * 2)
        assert (await link.heal()).held <= QUEUE_BYTES + 64 * 1024


@awaited
async def test_where_nobody_listens_behind_it_a_connection_is_broken_off() -> None:
    log = Log()
    closed = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    link = Link(("127.0.0.1", port), log)
    reader, writer = await asyncio.open_connection("127.0.0.1", await link.listen())
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    await link.close()
