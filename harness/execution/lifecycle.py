"""The life cycle of a repetition: all that it needs comes up, works for as long as its body takes, and goes down again.

However it ends: nothing that it started survives it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from harness.execution.assembly import Assembly
from harness.execution.database import database
from harness.execution.deadlines import PunctualSystem
from harness.execution.load import Driver
from harness.execution.network.routes import Routes
from harness.execution.sampler import PERIOD_S, Sampler
from harness.execution.stage import LiveStage
from harness.execution.watch import CLOSE_TICK_S, TICK_S, Watch
from harness.history import run_records
from harness.history.load import LIVES
from harness.history.phases import RunPhase
from harness.processes.supervisor_client import SupervisorClient
from harness.runfolder import beside
from systems import registry
from systems.desk.live import store
from systems.desk.live.identity import own_proc
from systems.desk.live.journal import Journal
from systems.system import System

RECEIVER_DEADLINE_S = 15.0


@dataclass(slots=True)
class Lifecycle:
    """What is assembled, from its first process to its last; `body` is what is done while all of it is up.

    `enter` is told of the phases; `sample_every_s` is how often costs are read. `is_kept`: the folder has the store of
    an earlier life, which goes on.
    """

    assembly: Assembly
    enter: Callable[[Journal, RunPhase, str], None]
    body: Callable[[LiveStage, Sampler], Awaitable[None]]
    sample_every_s: float = PERIOD_S
    is_kept: bool = False

    async def run(self) -> None:
        """Run it; raises EnvironmentFailure when something under it gives way. Nothing it started survives it."""
        parts = self.assembly
        for folder in (parts.journal_dir, parts.logs, parts.points_dir, parts.histories):
            folder.mkdir(parents=True, exist_ok=True)
        if parts.is_by_hand:
            with (parts.folder / LIVES).open("a") as lives:
                lives.write(f"{own_proc()}\n")
        opened = Journal.open(parts.journal_dir, "harness", 0, parts.block.label)
        with closing(opened) as journal, _early_end_recorded(journal):
            self.enter(journal, RunPhase.START, beside.note())
            await self._run_owned(journal)
            journal.write(run_records.Phase, name=RunPhase.END)

    async def _run_owned(self, journal: Journal) -> None:
        """Have an owner for every process, and none left when it is gone."""
        parts = self.assembly
        supervisor = SupervisorClient(parts.journal_dir, parts.block.label, parts.logs / "supervisor.log")
        try:
            async with supervisor:
                await self._run_until_failure(supervisor, journal)
        finally:
            # The others' journals are measured by the supervisor as it reaps them; its own, which proves every death,
            # can only be measured here, after it is gone.
            journal.write(run_records.SupervisorLeft, journal_bytes=supervisor.journal_bytes())

    async def _run_until_failure(self, supervisor: SupervisorClient, journal: Journal) -> None:
        """Run everything, or raise at once why it cannot go on: the death of a process that should serve."""
        body = asyncio.create_task(self._run_body(supervisor, journal))
        try:
            await asyncio.wait({body, supervisor.failure}, return_when=asyncio.FIRST_COMPLETED)
            await supervisor.named_first(body)
            await body
        finally:
            await _ended(body)

    async def _run_body(self, supervisor: SupervisorClient, journal: Journal) -> None:
        """Bring everything up, go through the phases, and take it down again in the opposite order, however it ends."""
        parts, scenario = self.assembly, self.assembly.plan.scenario
        desk = parts.desk()
        async with AsyncExitStack() as up:
            url = await up.enter_async_context(database(scenario.desk.database, supervisor, parts.folder, parts.logs))
            if not self.is_kept:
                store.create(url, desk.safeguards.locking, desk.regular_agents, desk.senior_agents)
            receiver_url = await start_receiver(parts, supervisor)
            routes = Routes(supervisor, parts.hops(), parts.proxy_spec())
            await routes.start()
            system = PunctualSystem(await build(parts, routes, url, receiver_url), parts.block.label)
            # Before it is started: a start that fails half-way leaves connections to drop as well.
            up.push_async_callback(system.close)
            await system.start()
            desk_store = up.enter_context(closing(store.Store(url, desk.safeguards.locking)))
            tick_s = TICK_S if scenario.load.arrival.concurrency is None else CLOSE_TICK_S
            watch = Watch(desk_store, parts.journal_dir, supervisor.alive, tick_s, audit_copy=parts.audit_copy)
            twice, dropped = parts.duplicate_submissions(), parts.dropped_answers()
            driver = Driver(system, scenario.load, parts.block.resubmit, journal, watch, twice, dropped)
            tickets, named = parts.tickets(), parts.named()
            stage = LiveStage(supervisor, system, watch, driver, journal, tickets, receiver_url, routes, named)
            sampler = Sampler(supervisor, watch, journal, driver, self.sample_every_s)
            await up.enter_async_context(beside_body(watch.run(), sampler.run()))
            await self.body(stage, sampler)


async def start_receiver(parts: Assembly, supervisor: SupervisorClient) -> str:
    """Start the outside world and return its address."""
    proc = await supervisor.spawn(parts.receiver_spec())
    await supervisor.ready([proc], RECEIVER_DEADLINE_S)
    ready = supervisor.owned[proc].ready
    assert ready is not None  # noqa: S101 - it was waited for
    return f"http://127.0.0.1:{ready.port}"


async def build(parts: Assembly, routes: Routes, database_url: str, receiver_url: str) -> System:
    """Make the system, which starts nothing yet."""
    workers = parts.block.own.worker_count()
    ways = await routes.routes("worker-receiver", urlsplit(receiver_url).netloc, workers)
    ways |= await routes.routes("worker-store", urlsplit(database_url).netloc.rpartition("@")[2], workers)
    spec = msgspec.structs.replace(parts.worker_spec(database_url, receiver_url), routes=ways)
    return registry.build(parts.block.system)(spec, parts.place(), routes)


@contextmanager
def _early_end_recorded(journal: Journal) -> Iterator[None]:
    """Record that, and why, the body did not come to its end."""
    try:
        yield
    except asyncio.CancelledError:
        journal.write(run_records.Phase, name=RunPhase.INTERRUPTED)
        raise
    except Exception as error:
        journal.write(run_records.Phase, name=RunPhase.FAILED, note=f"{type(error).__name__}: {error}"[:2000])
        raise


@asynccontextmanager
async def beside_body(*work: "asyncio._CoroutineLike[None]") -> AsyncIterator[None]:
    """Run endless work beside the body; an error in it ends the body, the body's end ends it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone, whatever it raised."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        # Looked at, or asyncio would report it a second time: the caller has raised it, or a better reason, already.
        task.exception()
