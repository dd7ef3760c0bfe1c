"""One repetition of one system: start everything, canaries, load beside faults, settle, export, stop.

What comes out is a folder of records; nothing here judges.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

from harness.execution.assembly import Assembly
from harness.execution.database import database
from harness.execution.load import Driver
from harness.execution.quiet import Quiet
from harness.execution.sampler import Sampler
from harness.execution.stage import LiveStage
from harness.execution.watch import CLOSE_TICK_S, TICK_S, Watch
from harness.history.phases import RunPhase
from harness.processes.supervisor_client import SupervisorClient
from harness.progress import Progress
from harness.runfolder import beside
from systems import registry
from systems.desk import records
from systems.desk.live import store
from systems.desk.live.journal import Journal
from systems.system import Known, System

CANARY_DEADLINE_S = 30.0
RECEIVER_DEADLINE_S = 15.0
EXPORT_DEADLINE_S = 120.0
PROGRESS_EVERY_S = 0.25
IDLE_S = 1.5
"""How long an idle system is sampled, to set beside what one costs whose tickets are all paused."""


@dataclass(slots=True)
class RepetitionRun:
    """The life of what is assembled, from its first process to its last: the `number`-th time of its system."""

    assembly: Assembly
    number: int
    progress: Progress

    async def run(self) -> None:
        """Run it; raises EnvironmentFailure when something under it gives way. Nothing it started survives it."""
        parts = self.assembly
        for folder in (parts.journal_dir, parts.logs, parts.points_dir, parts.histories):
            folder.mkdir(parents=True, exist_ok=True)
        opened = Journal.open(parts.journal_dir, "harness", 0, parts.block.label)
        with closing(opened) as journal, _early_end_recorded(journal):
            self._enter(journal, RunPhase.START, beside.note())
            await self._run_owned(journal)
            journal.write(records.Phase, name=RunPhase.END)

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
            journal.write(records.SupervisorLeft, journal_bytes=supervisor.journal_bytes())

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
            store.create(url, desk.safeguards.locking, desk.regular_agents, desk.senior_agents)
            receiver_url = await start_receiver(parts, supervisor)
            system = build(parts, supervisor, url, receiver_url)
            # Before it is started: a start that fails half-way leaves connections to drop as well.
            up.push_async_callback(system.close)
            await system.start()
            desk_store = up.enter_context(closing(store.Store(url, desk.safeguards.locking)))
            tick_s = TICK_S if scenario.load.arrival.concurrency is None else CLOSE_TICK_S
            watch = Watch(desk_store, parts.journal_dir, supervisor.alive, tick_s, audit_copy=parts.audit_copy)
            twice, dropped = parts.duplicate_submissions(), parts.dropped_answers()
            driver = Driver(system, scenario.load, parts.block.resubmit, journal, watch, twice, dropped)
            stage = LiveStage(supervisor, system, watch, driver, journal, parts.tickets(), receiver_url, parts.named())
            sampler = Sampler(supervisor, watch, journal, driver)
            await up.enter_async_context(_beside(watch.run(), sampler.run()))
            await self._run_phases(stage, sampler)

    # -- phases

    async def _run_phases(self, stage: LiveStage, sampler: Sampler) -> None:
        quiet = Quiet(stage)
        if await self._canaries(stage.driver):
            async with _beside(self._show(stage)):
                await self._load_and_settle(stage, quiet, sampler)
        if stage.watch.was_paused:
            self._enter(stage.journal, RunPhase.IDLE)
            await asyncio.sleep(IDLE_S)
        # Also where the canaries failed and no load was put on: what they left shows why.
        self._enter(stage.journal, RunPhase.EXPORT)
        await stage.watch.look()
        self._show_now(stage)
        await self._export(stage, quiet)

    def _enter(self, journal: Journal, phase: RunPhase, note: str = "") -> None:
        journal.write(records.Phase, name=phase, note=note)
        label, repeat = self.assembly.block.label, self.assembly.plan.scenario.repeat
        self.progress.phase(label, self.number, repeat, phase)

    async def _canaries(self, driver: Driver) -> bool:
        """Walk one ticket of each priority; False when they did not all end, and the load is not worth starting."""
        self._enter(driver.journal, RunPhase.CANARY)
        canaries = self.assembly.canaries()
        numbers = {canary.number for canary in canaries}
        sends = [asyncio.create_task(driver.submit(canary, 1, time.monotonic_ns())) for canary in canaries]
        why = ""
        try:
            async with asyncio.timeout(CANARY_DEADLINE_S):
                answers = await asyncio.gather(*sends)
                refused = next((answer for answer in answers if answer.outcome != "ok"), None)
                if refused is not None:
                    why = f"not answered ok: {refused.outcome} {refused.detail}"
                else:
                    await driver.watch.until(lambda: numbers <= driver.watch.terminal.keys())
        except TimeoutError:
            why = f"not terminal within {CANARY_DEADLINE_S:g} s"
        finally:
            # They count nowhere: `settled` is what progress, triggers and the figure in flight are made of.
            driver.watch.settled -= numbers
        if why:
            self._enter(driver.journal, RunPhase.CANARY_FAILED, why)
        return not why

    async def _load_and_settle(self, stage: LiveStage, quiet: Quiet, sampler: Sampler) -> None:
        """Submit everything beside the faults, and wait until nothing goes on; a fault not due by then never is."""
        parts = self.assembly
        self._enter(stage.journal, RunPhase.LOAD)
        async with asyncio.TaskGroup() as group:
            # Faults stand ready before the first submission, so that none comes too late for a point that is reached at
            # once.
            for instance in parts.fault_instances():
                group.create_task(parts.fault_of(instance).inject(instance, stage))
            sampler.take()  # what the load costs is counted from here
            load = group.create_task(stage.driver.drive(parts.plan.tickets))
            await asyncio.sleep(0)  # the load takes its first moment
            # Only now, as the load has set the moment from which all that this wakes counts.
            stage.started.set()
            await load
            self._enter(stage.journal, RunPhase.SETTLE)
            is_quiet = await quiet.wait(parts.plan.scenario.settle)
            self._enter(stage.journal, RunPhase.QUIET if is_quiet else RunPhase.DEADLINE)
            sampler.take()
            # Releases every fault whose moment never came; the group ends with its last task only.
            stage.quiescent.set()

    async def _export(self, stage: LiveStage, quiet: Quiet) -> None:
        """Record what was open when settling ended, and have everything written down that is not on disk by itself."""
        unended = quiet.unended()
        is_engine_dead = stage.is_engine_gone()
        if is_engine_dead:
            await stage.reopen_engine()
        known = await quiet.ticket_status(unended) if unended else Known()
        if is_engine_dead:  # it stood in the engine's file, and would never have been worked on
            known = Known(known=known.known, failed=known.failed)
        stage.journal.write(
            records.LiveAtEnd,
            live=tuple(sorted(known.live)),
            known=tuple(sorted(known.known)),
            failed=tuple(sorted(known.failed)),
            open=() if is_engine_dead else tuple(sorted(await quiet.still_open(is_all=True))),
        )
        audit = await stage.watch.last_look()
        histories = self.assembly.histories
        async with asyncio.timeout(EXPORT_DEADLINE_S):
            await stage.system.export(histories, [*self.assembly.canaries(), *stage.tickets.values()])
        # How much each kind of evidence came to as everything was written: a file that is cut or lost later would else
        # read as if less had happened.
        stage.journal.write(
            records.Totals,
            ledger=await stage.ledger_lines(),
            audit=audit,
            residencies=(histories / "residency.jsonl").read_bytes().count(b"\n"),
            histories=sum(1 for _ in histories.glob("*.json")),
        )

    # -- what the person who waits sees

    async def _show(self, stage: LiveStage) -> None:
        while True:
            self._show_now(stage)
            await asyncio.sleep(PROGRESS_EVERY_S)

    def _show_now(self, stage: LiveStage) -> None:
        settled, submitted = stage.watch.settled, stage.driver.submitted
        given_up = len(settled.difference(stage.watch.terminal))
        self.progress.update(
            finished=len(settled) - given_up,
            given_up=given_up,
            submitted=submitted,
            total=len(self.assembly.plan.tickets),
            landed=len(stage.landed | stage.watch.struck()),
            planned=len(self.assembly.fault_instances()),
            in_flight=submitted - len(settled),
        )


async def start_receiver(parts: Assembly, supervisor: SupervisorClient) -> str:
    """Start the outside world and return its address."""
    proc = await supervisor.spawn(parts.receiver_spec())
    await supervisor.ready([proc], RECEIVER_DEADLINE_S)
    ready = supervisor.owned[proc].ready
    assert ready is not None  # noqa: S101 - it was waited for
    return f"http://127.0.0.1:{ready.port}"


def build(parts: Assembly, supervisor: SupervisorClient, database_url: str, receiver_url: str) -> System:
    """Make the system, which starts nothing yet."""
    spec = parts.worker_spec(database_url, receiver_url)
    return registry.build(parts.block.system)(spec, parts.place(), supervisor)


@contextmanager
def _early_end_recorded(journal: Journal) -> Iterator[None]:
    """Record that, and why, the body did not come to its end."""
    try:
        yield
    except asyncio.CancelledError:
        journal.write(records.Phase, name=RunPhase.INTERRUPTED)
        raise
    except Exception as error:
        journal.write(records.Phase, name=RunPhase.FAILED, note=f"{type(error).__name__}: {error}"[:2000])
        raise


@asynccontextmanager
async def _beside(*work: "asyncio._CoroutineLike[None]") -> AsyncIterator[None]:
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
