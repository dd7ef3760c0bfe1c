"""Whatever answers in the service's place, its client reads a bounded part of it, and knows what it does not know."""

import asyncio
from pathlib import Path

import pytest

from systems.sync.system import MOST_ANSWER_BYTES, SyncSystem
from tests.unit.systems.temporal.test_client import TICKET, aimed, clients

PIECE = b"x" * 65536


async def answer_of(folder: Path, body: bytes, times: int = 1, status: str = "200 OK") -> tuple[str, str, int]:
    """Return the outcome and detail of a submission that is answered so, and how many pieces were taken."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n".encode()
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"}")
        writer.write(head)
        try:
            for _ in range(times):
                writer.write(body)
                await writer.drain()
                sent += 1
        except ConnectionError:
            return
        finally:
            writer.close()

    (client,) = (one for one in clients(folder) if isinstance(one, SyncSystem))
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        answer = await aimed(client, server.sockets[0].getsockname()[1]).submit(TICKET, 20, 1)
    return answer.outcome, answer.detail, sent


def test_an_answer_without_an_end_is_read_to_a_bound(tmp_path: Path) -> None:
    outcome, detail, sent = asyncio.run(answer_of(tmp_path, PIECE, times=100_000))
    assert (outcome, detail.endswith(f"expected an answer of at most {MOST_ANSWER_BYTES} bytes, found more")) == (
        "info",
        True,
    )
    assert sent < 1000


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"state": 1}', b'{"state": "resolved"', b"\xff\xfe"])
def test_what_is_no_answer_of_the_service_tells_nothing(tmp_path: Path, body: bytes) -> None:
    outcome, _, _ = asyncio.run(answer_of(tmp_path, body))
    assert outcome == "info"


def test_an_answer_with_more_in_it_is_understood(tmp_path: Path) -> None:
    outcome, _, _ = asyncio.run(answer_of(tmp_path, b'{"state": "resolved", "more": [1]}'))
    assert outcome == "ok"


@pytest.mark.parametrize(("status", "outcome"), [("503 Unavailable", "fail"), ("504 Gateway Timeout", "info")])
def test_a_service_that_does_not_know_whether_it_took_the_ticket_refuses_nothing(
    tmp_path: Path, status: str, outcome: str
) -> None:
    assert asyncio.run(answer_of(tmp_path, b'{"error": "its store"}', status=status))[0] == outcome
