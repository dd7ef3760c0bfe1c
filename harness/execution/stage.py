"""The stage on which faults act in a repetition: clock, processes, releases, operator, world, and what is recorded."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.execution.load import Driver
from harness.execution.network.routes import Routes
from harness.execution.residents import Residents
from harness.execution.staging.clock import LiveClock
from harness.execution.staging.operating import LiveOperator
from harness.execution.staging.processes import LiveProcesses
from harness.execution.staging.releases import LiveReleases
from harness.execution.staging.world import LiveWorld
from harness.execution.watch import Watch
from harness.history import run_records
from harness.processes.supervisor_client import SupervisorClient
from systems.desk.live.journal import Journal
from systems.desk.model import Ticket
from systems.system import System


@dataclass(slots=True)
class LiveStage:
    """Implements `harness.faults.stage.Stage`; `acting` and `landed` are ids of instances, `last_undo` is in ns."""

    supervisor: SupervisorClient
    system: System
    watch: Watch
    driver: Driver
    journal: Journal
    tickets: dict[int, Ticket]
    receiver_url: str
    routes: Routes
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    acting: set[str] = field(default_factory=set)
    landed: set[str] = field(default_factory=set)
    last_undo: int = 0
    clock: LiveClock = field(init=False)
    processes: LiveProcesses = field(init=False)
    releases: LiveReleases = field(init=False)
    operator: LiveOperator = field(init=False)
    world: LiveWorld = field(init=False)

    def __post_init__(self) -> None:
        residents = Residents(self.system, self._open_tickets, self.supervisor.workers)
        self.clock = LiveClock(self.supervisor, self.watch, self.driver, residents, len(self.tickets), self.named)
        self.processes = LiveProcesses(self.supervisor, self.system, self.watch, residents)
        self.releases = LiveReleases(self.processes)
        self.operator = LiveOperator(
            self.system, self.watch, self.driver, self.journal, self.tickets, self.processes.is_engine_gone
        )
        self.world = LiveWorld(self.watch.store, self.journal, self.receiver_url, self.routes, self.system)

    def _open_tickets(self) -> Sequence[Ticket]:
        return [self.tickets[number] for number in sorted(self.driver.sent - self.watch.terminal.keys())]

    def begun(self, fault: str, planned: int, procs: Sequence[str] = ()) -> None:
        """Record that the fault starts now."""
        self.acting.add(fault)
        self.clock.begun[fault] = time.monotonic_ns()
        self.journal.write(run_records.FaultBegun, fault=fault, planned=planned, procs=tuple(procs))

    def ended(self, fault: str, *, healed: bool, injected: bool, note: str = "") -> None:
        """Record that the fault is undone, or why it was not injected."""
        self.acting.discard(fault)
        self.last_undo = time.monotonic_ns()
        if injected:
            self.landed.add(fault)
        self.journal.write(run_records.FaultEnded, fault=fault, healed=healed, injected=injected, note=note)

    # -- what the repetition asks of it

    @property
    def started(self) -> asyncio.Event:
        """Is set with the first submission."""
        return self.clock.started

    @property
    def quiescent(self) -> asyncio.Event:
        """Is set when quiet has come."""
        return self.clock.quiescent

    def is_engine_gone(self) -> bool:
        """Say whether the harness started an engine, and none lives any more."""
        return self.processes.is_engine_gone()

    async def reopen_engine(self) -> None:
        """Start an engine that died for good again, to read its record."""
        await self.processes.reopen_engine()

    async def pending_effects(self) -> int:
        """Return how many effects the receiver has taken in and not yet decided."""
        return await self.world.pending_effects()

    async def ledger_lines(self) -> int:
        """Return how many lines the receiver has written into the ledger."""
        return await self.world.ledger_lines()
