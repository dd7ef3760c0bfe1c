"""One repetition of one system: start everything, canaries, load beside faults, settle, export, stop.

What comes out is a folder of records; nothing here judges.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.execution.database import database
from harness.execution.load import Driver
from harness.execution.quiet import Quiet
from harness.execution.sampler import Sampler
from harness.execution.stage import LiveStage
from harness.execution.watch import CLOSE_TICK_S, TICK_S, Watch
from harness.planning.plan import Plan
from harness.planning.scenario import SystemBlock
from harness.processes.supervisor_client import Supervisor
from harness.progress import Progress
from harness.runfolder import beside
from systems import registry, start
from systems.desk import records
from systems.desk.config import DeskConfig, WorkerSpec
from systems.desk.live import store
from systems.desk.live.journal import Journal
from systems.desk.model import Priority, Ticket
from systems.desk.points import MeetingSpec
from systems.system import Known, Place, ProcessSpec, System

CANARY_DEADLINE_S = 30.0
RECEIVER_DEADLINE_S = 15.0
EXPORT_DEADLINE_S = 120.0
PROGRESS_EVERY_S = 0.25
DEFAULT_GRACE_S = 10.0
KILL_FIRST_S = 1.0
"""So much longer than the grace a worker drains: who ends what outlives it is the process manager, in every system."""
MEETING_DEADLINE_S = 2.0
IDLE_S = 1.5
"""How long an idle system is sampled, to set beside what one costs whose tickets are all paused."""


@dataclass(slots=True)
class Repetition:
    """What is to be run, and where."""

    plan: Plan
    block: SystemBlock
    number: int
    folder: Path
    progress: Progress
    journal_dir: Path = field(init=False)
    logs: Path = field(init=False)
    database_url: str = field(init=False)

    def __post_init__(self) -> None:
        self.journal_dir = self.folder / "journal"
        self.logs = self.folder / "logs"
        self.database_url = f"sqlite:///{self.folder / 'store.sqlite'}"

    async def run(self) -> None:
        """Run it; raises GroundBroken when something under it gives way. Nothing it started survives it."""
        for folder in (self.journal_dir, self.logs, self.folder / "points", self.folder / "histories"):
            folder.mkdir(parents=True, exist_ok=True)
        journal = Journal.open(self.journal_dir, "harness", 0, self.block.label)
        try:
            await self._run_recorded(journal)
        except asyncio.CancelledError:
            journal.write(records.Phase, name="interrupted")
            raise
        except Exception as error:
            journal.write(records.Phase, name="failed", note=f"{type(error).__name__}: {error}"[:2000])
            raise
        finally:
            journal.close()

    async def _run_recorded(self, journal: Journal) -> None:
        self._phase(journal, "start", beside.told())
        supervisor = Supervisor(self.journal_dir, self.block.label, self.logs / "supervisor.log")
        try:
            async with supervisor:
                await self._run_body(supervisor, journal)
        finally:
            journal.write(records.SupervisorLeft, journal_bytes=supervisor.journal_bytes())
        journal.write(records.Phase, name="end")

    async def _run_body(self, supervisor: Supervisor, journal: Journal) -> None:
        body = asyncio.create_task(self._run_supervised(supervisor, journal))
        try:
            await asyncio.wait({body, supervisor.failure}, return_when=asyncio.FIRST_COMPLETED)
            await supervisor.named_first(body)
            await body
        finally:
            await _ended(body)

    async def _run_supervised(self, supervisor: Supervisor, journal: Journal) -> None:
        kind = self.plan.scenario.desk.database
        async with database(kind, supervisor, self.folder, self.logs) as self.database_url:
            await self._run_on_database(supervisor, journal)

    async def _run_on_database(self, supervisor: Supervisor, journal: Journal) -> None:
        desk = self.desk()
        store.create(self.database_url, desk.safeguards.locking, desk.regular_agents, desk.senior_agents)
        receiver_url = await self.start_receiver(supervisor)
        system = self.build(supervisor, desk, receiver_url)
        try:
            await system.start()
            with closing(store.Store(self.database_url, self.block.safeguards.locking)) as desk_store:
                await self._run_started(system, supervisor, journal, receiver_url, desk_store)
        finally:
            await system.close()

    async def _run_started(
        self, system: System, supervisor: Supervisor, journal: Journal, receiver_url: str, desk_store: store.Store
    ) -> None:
        tick_s = TICK_S if self.plan.scenario.load.arrival.concurrency is None else CLOSE_TICK_S
        is_file = self.plan.scenario.desk.database == "sqlite"
        watch = Watch(desk_store, self.journal_dir, supervisor.alive, tick_s)
        watch.audit_copy = None if is_file else self.folder / "audit.jsonl"
        driver = Driver(
            system, self.plan.scenario.load, self.block.resubmit, journal, watch, self._twins(), self._losing()
        )
        stage = LiveStage(supervisor, system, watch, driver, journal, self.tickets(), receiver_url)
        quiet = Quiet(stage)
        sampler = Sampler(supervisor, watch, journal, driver)
        async with _beside(watch.run(), sampler.run()):
            if await self._canaries(driver, journal):
                async with _beside(self._show(stage)):
                    await self._load_and_settle(stage, quiet, journal, sampler)
            if watch.was_paused:
                self._phase(journal, "idle")
                await asyncio.sleep(IDLE_S)
            self._phase(journal, "export")
            await watch.look()
            self._tell(stage, self._planned())
            await self._export(system, stage, quiet, journal)

    # -- phases

    async def _canaries(self, driver: Driver, journal: Journal) -> bool:
        """Walk one ticket of each priority; False when they did not all end, and the load is not worth starting."""
        self._phase(journal, "canary")
        numbers = {canary.number for canary in self.plan.canaries}
        sends = [asyncio.create_task(driver.submit(canary, 1, time.monotonic_ns())) for canary in self.canaries()]
        try:
            async with asyncio.timeout(CANARY_DEADLINE_S):
                answers = await asyncio.gather(*sends)
                refused = next((one for one in answers if one.outcome != "ok"), None)
                if refused is not None:
                    self._phase(journal, "canary_failed", f"not answered ok: {refused.outcome} {refused.detail}")
                    return False
                await driver.watch.until(lambda: numbers <= driver.watch.terminal.keys())
        except TimeoutError:
            self._phase(journal, "canary_failed", f"not terminal within {CANARY_DEADLINE_S:g} s")
            return False
        finally:
            driver.watch.settled -= numbers
        return True

    async def _load_and_settle(self, stage: LiveStage, quiet: Quiet, journal: Journal, sampler: Sampler) -> None:
        self._phase(journal, "load")
        faults = {fault.id: fault for fault in self.plan.faults if self._applies(fault.fault)}
        async with asyncio.TaskGroup() as group:
            for instance in faults.values():
                group.create_task(self.plan.scenario.faults[instance.fault - 1].inject(instance, stage))
            sampler.take()  # what the load costs is counted from here
            load = group.create_task(stage.driver.drive(self.plan.tickets))
            await asyncio.sleep(0)  # the load takes its first moment
            stage.started.set()
            await load
            self._phase(journal, "settle")
            self._phase(journal, "quiet" if await quiet.wait(self.plan.scenario.settle) else "deadline")
            sampler.take()
            stage.calm.set()

    async def _export(self, system: System, stage: LiveStage, quiet: Quiet, journal: Journal) -> None:
        """Record what was open when settling ended, and have everything written down that is not on disk by itself."""
        unended = quiet.unended()
        is_gone = stage.is_engine_gone()
        if is_gone:
            await stage.reopen_engine()
        known = await quiet.know(unended) if unended else Known()
        if is_gone:  # it stood in the engine's file, and nobody would ever have worked on it
            known = Known(known=known.known, failed=known.failed)
        journal.write(
            records.LiveAtEnd,
            live=tuple(sorted(known.live)),
            known=tuple(sorted(known.known)),
            failed=tuple(sorted(known.failed)),
            open=() if is_gone else tuple(sorted(await quiet.still_open(is_all=True))),
        )
        audit = await stage.watch.last_look()
        histories = self.folder / "histories"
        async with asyncio.timeout(EXPORT_DEADLINE_S):
            await system.export(histories, [*self.canaries(), *stage.tickets.values()])
        journal.write(
            records.Totals,
            ledger=await stage.ledger_lines(),
            audit=audit,
            residencies=(histories / "residency.jsonl").read_bytes().count(b"\n"),
            histories=sum(1 for _ in histories.glob("*.json")),
        )

    async def _show(self, stage: LiveStage) -> None:
        planned = self._planned()
        while True:
            self._tell(stage, planned)
            await asyncio.sleep(PROGRESS_EVERY_S)

    def _tell(self, stage: LiveStage, planned: int) -> None:
        settled, submitted = stage.watch.settled, stage.driver.submitted
        given_up = len(settled.difference(stage.watch.terminal))
        self.progress.update(
            finished=len(settled) - given_up,
            given_up=given_up,
            submitted=submitted,
            total=len(self.plan.tickets),
            landed=len(stage.landed | stage.watch.struck()),
            planned=planned,
            in_flight=submitted - len(settled),
        )

    # -- what it is made of

    def _phase(self, journal: Journal, name: str, note: str = "") -> None:
        journal.write(records.Phase, name=name, note=note)
        self.progress.phase(self.block.label, self.number, self.plan.scenario.repeat, name)

    def _planned(self) -> int:
        return sum(self._applies(fault.fault) for fault in self.plan.faults)

    def _applies(self, fault: int) -> bool:
        return self.plan.scenario.faults[fault - 1].applies_to(self.block.system)

    def tickets(self) -> dict[int, Ticket]:
        """Return the tickets to count, by number."""
        return {one.number: Ticket(one.number, Priority(one.priority)) for one in self.plan.tickets}

    def canaries(self) -> list[Ticket]:
        """Return the tickets that are walked first and not counted."""
        return [Ticket(one.number, Priority(one.priority)) for one in self.plan.canaries]

    def desk(self) -> DeskConfig:
        """Return what workers are told of the desk."""
        desk, tickets = self.plan.scenario.desk, len(self.plan.tickets)
        return DeskConfig(
            seed=self.plan.seed,
            outcomes=desk.outcomes,
            safeguards=self.block.safeguards,
            step_time_s=desk.step_time,
            regular_agents=desk.agents.regular or 2 * tickets,
            senior_agents=desk.agents.senior or 2 * tickets,
            agent_timeout_s=desk.agent_timeout,
            agent_poll_s=desk.agent_poll,
            io_timeout_s=desk.io_timeout,
        )

    def build(self, supervisor: Supervisor, desk: DeskConfig, receiver_url: str) -> System:
        """Make the system, over its workers' file."""
        scenario = self.plan.scenario
        points = [p for f in self.plan.faults if self._applies(f.fault) for p in scenario.faults[f.fault - 1].points(f)]
        graces = [grace for fault in scenario.faults if (grace := fault.grace_s()) is not None]
        spec = WorkerSpec(
            label=self.block.label,
            desk=desk,
            points=tuple(points),
            meetings=self._meetings(),
            database_url=self.database_url,
            receiver_url=receiver_url,
            journal_dir=str(self.journal_dir),
            points_dir=str(self.folder / "points"),
            grace_s=max(graces, default=DEFAULT_GRACE_S) + KILL_FIRST_S,
            settings=self.block.settings,
        )
        place = Place(self.folder, self.folder / "worker.json", self.logs)
        return registry.build(self.block.system)(spec, place, supervisor)

    def _twins(self) -> frozenset[int]:
        """Return the tickets that are sent twice at once."""
        faults = self.plan.scenario.faults
        return frozenset(n for one in self.plan.faults for n in faults[one.fault - 1].duplicate_submissions(one))

    def _losing(self) -> dict[int, tuple[str, int]]:
        """Return how many answers of which tickets are lost, and for which fault."""
        faults = self.plan.scenario.faults
        lost = ((one, faults[one.fault - 1].dropped_answers(one)) for one in self.plan.faults)
        return {one.ticket: (one.id, count) for one, count in lost if count and one.ticket is not None}

    def _meetings(self) -> tuple[MeetingSpec, ...]:
        """Return where writers are to meet; nobody waits so long that the system could take him for dead."""
        scenario = self.plan.scenario
        settings = msgspec.convert(self.block.settings, registry.SETTINGS[self.block.system])
        patience = settings.patience_s(scenario.desk.step_time, scenario.desk.agent_timeout)
        longest = min(MEETING_DEADLINE_S, patience / 2)
        return tuple(
            msgspec.structs.replace(meeting, deadline_s=longest)
            for fault in self.plan.faults
            for meeting in scenario.faults[fault.fault - 1].rendezvous(fault)
        )

    async def start_receiver(self, supervisor: Supervisor) -> str:
        """Start the outside world and return its address."""
        arguments = ["--ledger", str(self.folder / "ledger.jsonl")]
        arguments += ["--journal", str(self.journal_dir), "--label", self.block.label]
        if self.block.safeguards.idempotency:
            arguments.append("--idempotency")
        proc = await supervisor.spawn(
            ProcessSpec(
                role="receiver",
                index=0,
                argv=start.command(f"{__package__}.receiver", *arguments),
                log=str(self.logs / "receiver.log"),
            )
        )
        await supervisor.ready([proc], RECEIVER_DEADLINE_S)
        ready = supervisor.owned[proc].ready or {}
        return f"http://127.0.0.1:{ready['port']}"


@asynccontextmanager
async def _beside(*work: "asyncio._CoroutineLike[None]") -> AsyncIterator[None]:
    """Run endless work beside the body; an error in it ends the body, the body's end ends it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
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
        task.exception()
