"""A stage for faults by hand: the moment is now, the victims are named, and a pause lasts until somebody ends it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.execution.stage import LiveStage
from harness.execution.staging.clock import LiveClock
from harness.execution.staging.operating import LiveOperator
from harness.execution.staging.processes import LiveProcesses
from harness.execution.staging.releases import LiveReleases
from harness.execution.staging.world import LiveWorld
from harness.faults.stage import StopOutcome
from harness.history import run_records
from systems.desk.model import ticket_id

if TYPE_CHECKING:
    import signal

    from systems.desk.live.snapshot import Snapshot
    from systems.desk.records import Struck

ASK_EVERY_S = 0.05
ASK_SELDOM_S = 1.0
"""How often a ticket that is to stand still is looked at: often at first, and seldom where that takes its time."""
ANSWER_DEADLINE_S = 4.0
"""So long whoever clicked waits for an engine's word: what a system asks with may try again for much longer, unseen."""
MORE_FOR_EACH_S = 0.05
"""And so much longer for each ticket that one order means."""
ASK_AGAIN_S = 2.0
STILL_ASKED = "the engine does not answer; it is still asked to let tickets stand still"


@dataclass(slots=True)
class OpenPause:
    """Tickets that one fault lets stand still; `since` is when each was read to, `is_over` that all may go on.

    `wishes` are those to let one go on that are, or were, on their way to the system.
    """

    fault: str
    tickets: set[int]
    since: dict[int, int] = field(default_factory=dict)
    wishes: dict[int, "asyncio.Future[None]"] = field(default_factory=dict)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def let_go(self, ticket: int) -> None:
        """Note that one of them may go on."""
        self.tickets.discard(ticket)
        if not self.tickets:
            self.is_over.set()


@dataclass(slots=True)
class HandClock:
    """Implements `harness.faults.stage.Clock`: what is done by hand is due at once."""

    clock: LiveClock

    async def due(self, at_s: float | None, progress: float | None) -> int | None:  # noqa: ARG002 - it is now
        """Say that it is due now."""
        return time.monotonic_ns()

    async def due_after_fault(self, name: str, delay_s: float) -> int | None:
        """Wait until that long after another fault landed."""
        return await self.clock.due_after_fault(name, delay_s)

    async def sleep(self, duration_s: float) -> None:
        """Let so much time pass."""
        await self.clock.sleep(duration_s)

    async def reached(self, point: str) -> str | None:
        """Wait until a worker blocks at this point."""
        return await self.clock.reached(point)

    def release(self, point: str) -> None:
        """Let the thread that blocks at this point go on."""
        self.clock.release(point)

    async def struck(self, point: str, token: int) -> "Struck | None":
        """Wait until a point struck for the `token`-th time."""
        return await self.clock.struck(point, token)


@dataclass(slots=True)
class HandProcesses:
    """Implements `harness.faults.stage.Processes`: the victims are those that were named, busy or not."""

    processes: LiveProcesses
    victims: Sequence[str]

    def workers(self) -> Sequence[str]:
        """Return the victims."""
        return [proc for proc in self.victims if proc in self.processes.workers()]

    async def busy(self, wait_s: float) -> Sequence[str]:  # noqa: ARG002 - nobody waits for a person's victim
        """Return the victims."""
        return self.workers()

    async def having(self, ticket: int, wait_s: float) -> Sequence[str]:  # noqa: ARG002 - they were looked for already
        """Return the victims."""
        return self.workers()

    async def signal(self, proc: str, number: "signal.Signals", fault: str) -> bool:
        """Send a signal to a live child."""
        return await self.processes.signal(proc, number, fault)

    async def stop(self, proc: str, fault: str, *, is_idle_spared: bool) -> StopOutcome:  # noqa: ARG002
        """Let a process stand still, idle or not."""
        return await self.processes.stop(proc, fault, is_idle_spared=False)

    async def go_on(self, proc: str, fault: str) -> None:
        """Let a stopped process go on."""
        await self.processes.go_on(proc, fault)

    async def reaped(self, proc: str, within_s: float) -> bool:
        """Wait until the supervisor reaped the process."""
        return await self.processes.reaped(proc, within_s)

    async def restart(self, proc: str, after_s: float) -> None:
        """Start the process's replacement after that long."""
        await self.processes.restart(proc, after_s)

    def engines(self) -> Sequence[str]:
        """Return the live engines."""
        return self.processes.engines()

    async def restart_engine(self, proc: str, after_s: float) -> None:
        """Start the engine again after that long."""
        await self.processes.restart_engine(proc, after_s)


@dataclass(slots=True)
class HandOperator:
    """Implements `harness.faults.stage.Operator`: a pause is over when somebody ends it, and outlives the session."""

    operator: LiveOperator
    pause_of: OpenPause | None
    stood_still: Callable[[int], None]
    tell: Callable[[str], None]

    def under_way(self) -> Sequence[int]:
        """Return the tickets that are under way; a person may strike where there is none."""
        return self.operator.under_way() or [0]

    async def pause(self, fault: str, tickets: Sequence[int]) -> Sequence[int]:
        """Ask for tickets to stand still at their next step; say so where an engine lets one wait, or takes no wish."""
        asking = asyncio.ensure_future(self._ask_until_taken(fault, tickets))
        try:
            answered, _ = await asyncio.wait([asking], timeout=ANSWER_DEADLINE_S + MORE_FOR_EACH_S * len(tickets))
            if not answered:
                # It is not given up: nobody waits for this, and a wish dropped half-way may have come through.
                self.tell(STILL_ASKED)
            taken = await asking
        finally:
            asking.cancel()
        untaken = sorted(set(tickets) - set(taken))
        if self.pause_of is not None:
            for number in untaken:
                self.pause_of.let_go(number)
        if untaken:
            more = f" and {len(untaken) - 1} more" if len(untaken) > 1 else ""
            self.tell(f"{ticket_id(untaken[0])}{more} did not take the wish to stand still")
        return taken

    async def _ask_until_taken(self, fault: str, tickets: Sequence[int]) -> Sequence[int]:
        """Ask again where asking broke off: asked twice, a ticket stands still once."""
        while wanted := [n for n in tickets if self.pause_of is None or n in self.pause_of.tickets]:
            try:
                return await self.operator.pause(fault, wanted)
            except Exception as error:  # noqa: BLE001 - of whatever kind a system's engine is
                broke_off = error
            self.tell(f"{STILL_ASKED} ({type(broke_off).__name__}: {broke_off})")
            await asyncio.sleep(ASK_AGAIN_S)
        return []

    async def watch_pause(self, fault: str, tickets: Sequence[int], duration_s: float) -> None:  # noqa: ARG002
        """Record each ticket that is read as paused, and return when the last of them was let go."""
        assert self.pause_of is not None  # noqa: S101 - only a pause watches one
        watch, waiting, wait_s = self.operator.watch, set(tickets), ASK_EVERY_S
        while waiting := {n for n in waiting & self.pause_of.tickets if n not in watch.terminal}:
            asked = [self.operator.tickets[number] for number in sorted(waiting)]
            for number in await self.operator.system.paused(asked):
                self._note(fault, number)
                waiting.discard(number)
            await asyncio.sleep(wait_s)
            wait_s = min(ASK_SELDOM_S, wait_s * 1.2)
        for number in [n for n in self.pause_of.tickets if n in watch.terminal]:
            self.pause_of.let_go(number)
        await self.pause_of.is_over.wait()

    def _note(self, fault: str, number: int) -> None:
        assert self.pause_of is not None  # noqa: S101 - only a pause notes one
        self.operator.journal.write(run_records.TicketPaused, fault=fault, ticket=number)
        self.operator.watch.paused.add(number)
        self.operator.watch.was_paused = True
        self.pause_of.since[number] = time.monotonic_ns()
        self.stood_still(number)

    async def resume(self, fault: str) -> None:
        """Leave what stands still as it is: tickets go on one by one, and a session may end before."""

    async def read(self, fault: str, ticket: int) -> "Snapshot | None":
        """Read a ticket, to write a note on it."""
        return await self.operator.read(fault, ticket)

    async def write(self, fault: str, basis: "Snapshot") -> None:
        """Write the note."""
        await self.operator.write(fault, basis)


@dataclass(slots=True)
class HandStage:
    """Implements `harness.faults.stage.Stage` for one fault; `ended_with` is told how it ended."""

    stage: LiveStage
    processes: HandProcesses
    operator: HandOperator
    ended_with: Callable[[str], None]

    @property
    def clock(self) -> HandClock:
        """The moments of the session."""
        return HandClock(self.stage.clock)

    @property
    def releases(self) -> LiveReleases:
        """The releases of the flow."""
        return self.stage.releases

    @property
    def world(self) -> LiveWorld:
        """What stands around the desk."""
        return self.stage.world

    def begun(self, fault: str, planned: int, procs: Sequence[str] = ()) -> None:
        """Record that the fault starts now."""
        self.stage.begun(fault, planned, procs)

    def ended(self, fault: str, *, healed: bool, injected: bool, note: str = "") -> None:
        """Record that the fault is undone, or why it was not injected."""
        self.stage.ended(fault, healed=healed, injected=injected, note=note)
        self.ended_with(note if injected else note or "it was not injected")
