"""What only durable execution has: queries, pause and resume. That histories replay is claimed where there are some."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from harness.execution import lifecycle
from harness.execution.assembly import Assembly
from harness.execution.network.routes import Routes
from harness.planning import plan as planning
from harness.planning.reading import read
from harness.processes.supervisor_client import SupervisorClient
from systems.desk.live import store
from systems.desk.model import Priority, Ticket
from systems.temporal.system import TemporalSystem, build
from systems.temporal.workflows import child_id
from tests.support.chaos import wait_for, write_scenario

SLOW = """
    name: slow
    load: {tickets: 1, priorities: {medium: 1}}
    desk:
      step_time: {default: 5ms, agent_investigate: 400ms}
      outcomes: {needs_escalation: 1.0, escalation_rejected: 0.0}
    systems:
      one: {system: temporal, processes: 1, threads: THREADS, profile: tuned_engine}
"""


@asynccontextmanager
async def desk_on_temporal(folder: Path, threads: int) -> AsyncIterator[tuple[TemporalSystem, Client, Assembly]]:
    """A real engine, receiver, store and worker, without load."""
    plan = planning.build(read(str(write_scenario(folder, SLOW.replace("THREADS", str(threads)))))[0])
    parts = Assembly(plan, plan.scenario.systems[0], folder / "run")
    for one in (parts.journal_dir, parts.logs, parts.points_dir):
        one.mkdir(parents=True)
    async with SupervisorClient(parts.journal_dir, "one", parts.logs / "supervisor.log") as supervisor:
        url = f"sqlite:///{parts.folder / 'store.sqlite'}"
        store.create(url, parts.desk().safeguards.locking, 40, 40)
        receiver = await lifecycle.start_receiver(parts, supervisor)
        system = await lifecycle.build(parts, Routes(supervisor), url, receiver)
        assert isinstance(system, TemporalSystem)
        await system.start()
        yield system, await Client.connect(system.address), parts


def on_temporal(
    folder: Path, body: Callable[[TemporalSystem, Client, Assembly], Awaitable[None]], threads: int = 4
) -> None:
    async def run() -> None:
        async with desk_on_temporal(folder, threads) as (system, client, parts):
            await body(system, client, parts)

    asyncio.run(run())


async def eventually(look: Callable[[], Awaitable[object]], expected: object) -> None:
    """Ask until the answer is as expected; a workflow that does not run yet has no answer."""
    seen: object = None
    try:
        async with asyncio.timeout(20):
            while seen != expected:
                try:
                    seen = await look()
                except RPCError as error:
                    seen = error.message
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"expected {expected!r}, last saw {seen!r}") from None


def steps(folder: Path) -> int:
    """Count the steps that were begun so far."""
    return sum(path.read_text().count('"attempt","seq"') for path in (folder / "run/journal").glob("worker*"))


def test_a_paused_ticket_makes_no_step_until_it_is_resumed_and_answers_all_along(tmp_path: Path) -> None:
    ticket = Ticket(1, Priority.MEDIUM)

    async def body(system: TemporalSystem, client: Client, _: Assembly) -> None:
        assert (await system.submit(ticket, 10, 1)).outcome == "ok"
        parent = client.get_workflow_handle(ticket.id)
        child = client.get_workflow_handle(child_id(ticket.id, ticket.priority))
        await asyncio.to_thread(wait_for, lambda: steps(tmp_path) == 2, "the agent investigates")
        await parent.signal("pause")
        await eventually(lambda: child.query("status"), "paused")
        assert await parent.query("status") == "paused"
        assert str(await child.query("agent")).startswith("R-")
        investigated = ["assign_agent.1:first:assigned", "agent_investigate.1::needs_escalation"]
        await eventually(lambda: child.query("timeline"), investigated)
        assert steps(tmp_path) == 2
        await parent.signal("resume")
        await parent.result()
        assert await parent.query("status") == "resolved"
        assert await parent.query("escalation_count") == 1
        assert await parent.query("agent") is None
        assert (await parent.query("timeline"))[-1] == "close_ticket.1::resolved"

    on_temporal(tmp_path, body)


def test_what_was_asked_for_last_holds_however_much_was_asked_at_once(tmp_path: Path) -> None:
    ticket = Ticket(1, Priority.MEDIUM)

    async def body(system: TemporalSystem, client: Client, parts: Assembly) -> None:
        assert (await system.submit(ticket, 10, 1)).outcome == "ok"
        parent = client.get_workflow_handle(ticket.id)
        child = client.get_workflow_handle(child_id(ticket.id, ticket.priority))
        await asyncio.to_thread(wait_for, lambda: steps(tmp_path) == 2, "the agent investigates")
        (journal,) = parts.journal_dir.glob("worker*")
        worker = int(journal.stem.split("-")[-2])
        os.kill(worker, signal.SIGSTOP)  # so that all comes in one workflow task
        try:
            for name in ("pause", "resume") * 4:
                await parent.signal(name)
        finally:
            os.kill(worker, signal.SIGCONT)
        await asyncio.wait_for(parent.result(), 30)
        events = [event async for event in child.fetch_history_events()]
        signals = [event.workflow_execution_signaled_event_attributes.signal_name for event in events]
        assert [name for name in signals if name] in (["pause", "resume"], [])

    on_temporal(tmp_path, body)


def test_a_ticket_submitted_again_is_ok_to_its_own_client_and_refused_to_another_as_a_dead_port_refuses_at_once(
    tmp_path: Path,
) -> None:
    ticket = Ticket(1, Priority.LOW)

    async def body(system: TemporalSystem, client: Client, _: Assembly) -> None:
        answers = [await system.submit(ticket, 10, submission) for submission in (1, 2, 1)]
        assert [(one.outcome, one.accepted) for one in answers] == [("ok", True), ("ok", True), ("fail", True)]
        await client.get_workflow_handle(ticket.id).result()
        unknown = Ticket(7, Priority.LOW)
        known = await system.ticket_status([ticket, unknown])
        assert (known.live, known.known, known.failed) == (frozenset(), frozenset({1}), frozenset())
        elsewhere = build(system.spec, system.place, system.spawner)
        elsewhere._clients_address = "127.0.0.1:1"  # noqa: SLF001 - where its start would have aimed it
        refused = await asyncio.wait_for(elsewhere.submit(Ticket(9, Priority.LOW), 10, 1), 5)
        assert (refused.outcome, refused.accepted) == ("fail", False)

    on_temporal(tmp_path, body)


@pytest.mark.soak
def test_one_thread_serves_all_groups_one_step_at_a_time(tmp_path: Path) -> None:
    tickets = [Ticket(number, priority) for number, priority in enumerate(Priority, start=1)]

    async def body(system: TemporalSystem, client: Client, _: Assembly) -> None:
        for ticket in tickets:
            await system.submit(ticket, 10, 1)
        await asyncio.gather(*(client.get_workflow_handle(ticket.id).result() for ticket in tickets))

    on_temporal(tmp_path, body, threads=1)
    (journal,) = (tmp_path / "run/journal").glob("worker*")
    kinds = [line.split('"')[3] for line in journal.read_text().splitlines()][1:]
    assert kinds == ["attempt", "ended"] * (len(kinds) // 2)
