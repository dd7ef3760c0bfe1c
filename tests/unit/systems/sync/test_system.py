"""The synchronous system as the harness sees it, on a real supervisor: what each answer of its client means."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from harness.execution.network.routes import Routes
from harness.processes.supervisor_client import SupervisorClient
from systems.desk.config import WorkerSpec
from systems.desk.live.store import Store
from systems.desk.model import Priority, Ticket, Window
from systems.desk.points import PointSpec
from systems.desk.records import AttemptStarted
from systems.sync.system import SyncSystem, build
from systems.system import Answer, Known, Place
from tests.support.chaos import wait_for
from tests.support.desks import Receiver, config, journaled, url, write_worker

ONE = Ticket(1, Priority.LOW)
WAITS = Ticket(2, Priority.MEDIUM)


Body = Callable[[SyncSystem, SupervisorClient], Awaitable[None]]


def started(folder: Path, outside: Receiver, body: Body, *points: PointSpec, processes: int = 1) -> None:
    """Run the body with the system started, so many processes of one thread."""
    path = write_worker(folder, outside.url, config(regular=1), *points, processes=processes)
    spec = msgspec.json.decode(path.read_bytes(), type=WorkerSpec)
    path.unlink()

    async def run() -> None:
        async with SupervisorClient(folder / "journal", "one", folder / "logs" / "supervisor.log") as supervisor:
            system = build(spec, Place(folder, path, folder / "logs"), Routes(supervisor))
            try:
                await system.start()
                await body(system, supervisor)
            finally:
                await system.close()

    asyncio.run(run())


async def walking(folder: Path, ticket: Ticket) -> str:
    """Wait until a ticket is walked, and name the process that does."""

    def walker() -> str:
        attempts = [one for one in journaled(folder) if isinstance(one, AttemptStarted)]
        return next((one.attempt.partition(".")[0] for one in attempts if one.ticket == ticket.number), "")

    found: str = await asyncio.to_thread(wait_for, walker, "it is walked")
    return found


def test_a_ticket_that_was_walked_is_ok_with_its_end(tmp_path: Path, outside: Receiver) -> None:
    async def body(system: SyncSystem, supervisor: SupervisorClient) -> None:
        assert len(supervisor.workers()) == 2
        assert await system.submit(ONE, 30, 1) == Answer("ok", accepted=True, state="resolved")
        assert await system.submit(ONE, 30, 2) == Answer("ok", accepted=True, state="resolved")
        assert await system.residents([ONE]) == {}
        assert await system.ticket_status([ONE]) == Known()
        await system.export(tmp_path, [ONE])

    started(tmp_path, outside, body, processes=2)
    assert (tmp_path / "residency.jsonl").read_bytes() == b""


def test_a_second_submission_is_refused_and_a_broken_connection_tells_nothing(
    tmp_path: Path, outside: Receiver
) -> None:
    async def body(system: SyncSystem, supervisor: SupervisorClient) -> None:
        store = Store(url(tmp_path), "atomic")
        store.take_agent(99, "regular", "holder.1")
        first = asyncio.create_task(system.submit(WAITS, 30, 1))
        victim = await walking(tmp_path, WAITS)
        second = await system.submit(WAITS, 30, 2)
        assert (second.outcome, second.accepted, second.state) == ("fail", True, "open")
        await supervisor.signal(victim, signal.SIGKILL, "1.1")
        broken = await first
        assert (broken.outcome, broken.accepted) == ("info", False)
        store.close()

    started(tmp_path, outside, body, processes=2)


def test_an_answer_that_comes_too_late_tells_nothing(tmp_path: Path, outside: Receiver) -> None:
    async def body(system: SyncSystem, _: SupervisorClient) -> None:
        store = Store(url(tmp_path), "atomic")
        store.take_agent(99, "regular", "holder.1")
        late = await system.submit(WAITS, 0.3, 1)
        assert (late.outcome, late.accepted) == ("info", False)
        store.close()

    started(tmp_path, outside, body)


def test_an_error_after_acceptance_is_a_definite_failure_that_is_remembered(tmp_path: Path, outside: Receiver) -> None:
    async def body(system: SyncSystem, _: SupervisorClient) -> None:
        failed = await system.submit(ONE, 30, 1)
        assert (failed.outcome, failed.accepted, failed.state) == ("fail", True, "failed")
        assert "close_ticket" in failed.detail
        assert await system.ticket_status([ONE, WAITS]) == Known(known=frozenset({1}), failed=frozenset({1}))

    never_closes = PointSpec("1.1", 1, "close_ticket", Window.BEFORE_EFFECT, "permanent", tokens=2)
    started(tmp_path, outside, body, never_closes)


def test_a_connection_that_nobody_takes_is_refused_for_certain(tmp_path: Path, outside: Receiver) -> None:
    gone: list[SyncSystem] = []

    async def body(system: SyncSystem, _: SupervisorClient) -> None:
        gone.append(system)

    started(tmp_path, outside, body)
    refused = asyncio.run(gone[0].submit(ONE, 30, 1))
    assert (refused.outcome, refused.accepted) == ("fail", False)
    assert "no connection" in refused.detail
