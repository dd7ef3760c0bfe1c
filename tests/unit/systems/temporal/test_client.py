"""What a submission comes to while the engine is away: refused where nothing was sent, unknown where anything was."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from harness.execution.network.routes import Routes
from harness.processes.supervisor_client import SupervisorClient
from systems.desk.config import WorkerSpec
from systems.desk.model import Priority, Ticket
from systems.sync.system import SyncSystem
from systems.system import Answer, Place
from systems.temporal import server
from systems.temporal.system import TemporalSystem
from tests.support.desks import config

TICKET = Ticket(7, Priority.HIGH)
Port = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def clients(folder: Path, **settings: str) -> list[TemporalSystem | SyncSystem]:
    """Both systems' clients, Temporal's with these settings; nothing of either is started."""
    made: list[TemporalSystem | SyncSystem] = []
    for kind, name in ((TemporalSystem, "temporal"), (SyncSystem, "sync")):
        spec = WorkerSpec(
            label="one",
            desk=config(),
            points=(),
            meetings=(),
            database_url="",
            receiver_url="",
            journal_dir="",
            points_dir="",
            grace_s=1,
            settings={"system": name, **(settings if kind is TemporalSystem else {})},
        )
        supervisor = SupervisorClient(folder, "one", folder / "log")
        made.append(kind(spec, Place(folder, folder / "worker.json", folder), Routes(supervisor)))
    return made


def aimed(client: TemporalSystem | SyncSystem, port: int) -> TemporalSystem | SyncSystem:
    if isinstance(client, TemporalSystem):
        client._clients_address = f"127.0.0.1:{port}"  # noqa: SLF001 - where its start would have aimed it
    else:
        client._url = f"http://127.0.0.1:{port}/tickets"  # noqa: SLF001 - where its start would have aimed it
    return client


def answers(folder: Path, port: int, timeout_s: float) -> list[Answer]:
    async def ask() -> list[Answer]:
        return [await aimed(client, port).submit(TICKET, timeout_s, 1) for client in clients(folder)]

    return asyncio.run(ask())


def outcomes(found: list[Answer]) -> list[tuple[str, bool]]:
    return [(one.outcome, one.accepted) for one in found]


def test_a_closed_port_refuses_for_certain_and_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    found = answers(tmp_path, server.free_port(), 30)
    assert outcomes(found) == [("fail", False)] * 2
    assert all(one.detail.startswith("no connection: ") for one in found)
    assert time.monotonic() - began < 15


def test_a_port_that_says_nothing_is_unknown_when_the_time_out_of_the_whole_submission_is_over(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        found = answers(tmp_path, silent.getsockname()[1], 0.5)
        assert outcomes(found) == [("info", False)] * 2
        assert 1.0 <= time.monotonic() - began < 10


@pytest.mark.parametrize("bytes_before", [0, 1])
def test_a_connection_that_breaks_is_unknown(tmp_path: Path, bytes_before: int) -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(bytes_before)
        writer.transport.abort()

    async def ask() -> list[Answer]:
        closing = await asyncio.start_server(close, "127.0.0.1", 0)
        async with closing:
            port = closing.sockets[0].getsockname()[1]
            return [await aimed(client, port).submit(TICKET, 20, 1) for client in clients(tmp_path)]

    assert outcomes(asyncio.run(ask())) == [("info", False)] * 2


def test_only_a_server_of_somebody_elses_gets_ids_of_the_run(tmp_path: Path) -> None:
    async def made() -> list[TemporalSystem]:
        return [one for _ in range(3) for one in clients(tmp_path) if isinstance(one, TemporalSystem)]

    ours, *theirs = asyncio.run(made())
    assert (ours.workflow_id(TICKET), ours.flow_id(TICKET)) == ("T-0007", "T-0007-high")
    for one in theirs:
        one.prefix = one.queues
        assert one.workflow_id(TICKET).endswith("-T-0007")
        assert one.flow_id(TICKET) == f"{one.workflow_id(TICKET)}-high"
    assert len({one.workflow_id(TICKET) for one in theirs}) == 2
