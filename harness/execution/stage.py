"""The stage on which faults act in a running repetition: what is due, who is busy, who gets a signal."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from harness.execution.load import SECOND, Driver
from harness.execution.residents import Residents
from harness.execution.watch import Watch
from harness.faults.spec import FaultInstance, StopOutcome
from harness.processes.supervisor_client import SupervisorClient
from systems.desk import records
from systems.desk.live.journal import Journal
from systems.desk.live.store import Snapshot, StoreLocked
from systems.desk.model import Ticket, WriteConflict
from systems.system import System

READY_DEADLINE_S = 30.0
BUSY_POLL_S = 0.005
STOP_DEADLINE_S = 2.0
PAUSE_POLL_S = 0.02
PAUSE_DEADLINE_S = 5.0
PAUSE_GRACE_S = 1.0
PAUSE_LONGEST_S = 30.0
FORESIGHT = SECOND // 10


@dataclass(slots=True)
class LiveStage:
    """Implements `harness.faults.spec.Stage` over the supervisor; `quiescent` is set when quiet has come.

    `are_residents`: who was last found busy was so by what is resident in it, which stays, not by an open attempt.
    """

    supervisor: SupervisorClient
    system: System
    watch: Watch
    driver: Driver
    journal: Journal
    tickets: dict[int, Ticket]
    receiver_url: str
    quiescent: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    acting: set[str] = field(default_factory=set)
    landed: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    wished: dict[str, list[int]] = field(default_factory=dict)
    last_undo: int = 0
    are_residents: bool = False
    residents: Residents = field(init=False)

    def __post_init__(self) -> None:
        self.residents = Residents(self.system, self._open_tickets, self.workers)

    def _open_tickets(self) -> Sequence[Ticket]:
        return [self.tickets[number] for number in sorted(self.driver.sent - self.watch.terminal.keys())]

    async def due(self, instance: FaultInstance) -> int | None:
        """Wait for the instance's time or progress; None if quiet came first."""
        await self.started.wait()
        if instance.progress is not None:
            goal = max(1, round(instance.progress * len(self.tickets)))
            came = await self._before_quiescence(self.watch.until(lambda: len(self.watch.settled) >= goal))
            return time.monotonic_ns() if came else None
        planned = self.driver.first + int((instance.at_s or 0.0) * SECOND)
        came = await self._before_quiescence(self._until(planned))
        return planned if came else None

    async def _until(self, planned: int) -> None:
        """Sleep until then, but let the system be asked before who is resident: saying it takes the engine a while."""
        await _sleep_until(planned - FORESIGHT)
        self.residents.prefetch()
        await _sleep_until(planned)

    async def reached(self, point: str) -> str | None:
        """Wait until a worker blocks at this point; None if quiet came first."""
        came = await self._before_quiescence(self.supervisor.changed(lambda: point in self.supervisor.points))
        return self.supervisor.points[point].proc if came else None

    def release(self, point: str) -> None:
        """Let the thread that blocks at this point go on."""
        self.supervisor.release(point)

    def workers(self) -> Sequence[str]:
        """Return the live workers by index."""
        return self.supervisor.workers()

    async def busy(self, wait_s: float) -> Sequence[str]:
        """Return the workers with an open attempt, request or resident orchestration; empty after `wait_s`."""
        deadline = time.monotonic() + wait_s
        while True:
            open_now = self.watch.open_attempts()
            found = [proc for proc in self.workers() if proc in open_now]
            self.are_residents = not found
            found = found or await self.residents.find()
            if found or time.monotonic() >= deadline:
                return found
            await asyncio.sleep(BUSY_POLL_S)

    async def signal(self, proc: str, number: signal.Signals, fault: str) -> bool:
        """Send a signal to a live child, recorded as this fault's."""
        return await self.supervisor.signal(proc, number, fault)

    async def stop(self, proc: str, fault: str, *, is_idle_spared: bool) -> StopOutcome:
        """Stop a process while no write is open, as the store is held meanwhile: a stopped writer would freeze all.

        Taking the store takes a moment, in which a busy process may become idle: then it can be spared.
        """
        try:
            async with self._store_held():
                if is_idle_spared and not self.are_residents and proc not in self.watch.open_attempts():
                    return "idle"
                is_sent = await self.supervisor.signal(proc, signal.SIGSTOP, fault)
                is_stopped = is_sent and await self.supervisor.stopped(proc, STOP_DEADLINE_S)
                return "stopped" if is_stopped else "not stopped"
        except StoreLocked:
            return "not stopped"

    async def go_on(self, proc: str, fault: str) -> None:
        """Let a stopped process go on."""
        await self.supervisor.signal(proc, signal.SIGCONT, fault)

    # -- an operator's pauses

    def under_way(self) -> Sequence[int]:
        """Return the tickets that were sent and are not at their end."""
        return sorted(self.driver.sent - self.watch.settled)

    async def pause(self, fault: str, tickets: Sequence[int]) -> Sequence[int]:
        """Ask for tickets to stand still; those that have ended, or are unknown, cannot."""
        able = [self.tickets[n] for n in tickets if n not in self.watch.terminal]
        done = await asyncio.gather(*(self.system.pause(ticket) for ticket in able))
        self.wished[fault] = [ticket.number for ticket, is_taken in zip(able, done, strict=True) if is_taken]
        self.journal.write(records.PauseAsked, fault=fault, tickets=tuple(self.wished[fault]))
        return self.wished[fault]

    async def watch_pause(self, fault: str, tickets: Sequence[int], duration_s: float) -> None:
        """Look who is read as paused, and return `duration_s` after the last was.

        A ticket can stand still only at its next step: one that is worked on is waited for, and a moment longer, as
        reading that it stands still takes a while.
        """
        began = time.monotonic()
        waiting, until, last = set(tickets), began + PAUSE_DEADLINE_S, None
        while waiting and time.monotonic() < min(until, began + PAUSE_LONGEST_S):
            for number in await self.system.paused([self.tickets[n] for n in sorted(waiting)]):
                self.journal.write(records.TicketPaused, fault=fault, ticket=number)
                self.watch.paused.add(number)
                self.watch.was_paused = True
                waiting.discard(number)
                last = time.monotonic()
                until = last + PAUSE_GRACE_S
            waiting -= self.watch.terminal.keys()
            if waiting & {n for worked_on in self.watch.open_attempts().values() for n in worked_on}:
                until = time.monotonic() + (PAUSE_DEADLINE_S if last is None else PAUSE_GRACE_S)
            await asyncio.sleep(PAUSE_POLL_S)
        if last is not None:
            await asyncio.sleep(max(0.0, last + duration_s - time.monotonic()))

    async def resume(self, fault: str) -> None:
        """Let every ticket that this fault paused go on."""
        wished = self.wished.pop(fault, [])
        for number in wished:
            self.watch.paused.discard(number)
            self.journal.write(records.TicketResumed, fault=fault, ticket=number)
        if not self.is_engine_gone():  # else nobody is there who could go on
            await asyncio.gather(*(self.system.resume(self.tickets[number]) for number in wished))

    # -- the world around the desk

    async def trouble(self, fault: str, delay_s: float) -> None:
        """Let the receiver refuse effects for `fault` (delay 0), or be so slow; an empty fault ends it."""
        order = {"fault": fault, "delay_s": delay_s}
        async with aiohttp.ClientSession() as session, session.post(f"{self.receiver_url}/trouble", json=order) as told:
            told.raise_for_status()

    async def pending_effects(self) -> int:
        """Return how many effects the receiver has taken in and not yet decided."""
        return (await self._ledger())["pending"]

    async def ledger_lines(self) -> int:
        """Return how many lines the receiver has written into the ledger."""
        return (await self._ledger())["lines"]

    async def _ledger(self) -> dict[str, int]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.receiver_url}/ledger") as told:
            counted: dict[str, int] = await told.json()
            return counted

    async def hold_store(self, fault: str, duration_s: float) -> None:
        """Hold the store's lock for so long, record it, and give it back on every path."""
        since = until = 0
        try:
            async with self._store_held():
                since = time.monotonic_ns()
                try:
                    await asyncio.sleep(duration_s)
                finally:
                    until = time.monotonic_ns()
        finally:
            if until:
                self.journal.write(records.LockHeld, fault=fault, since=since, until=until)

    @asynccontextmanager
    async def _store_held(self) -> AsyncIterator[None]:
        """Hold the store's lock; it is given back on every path, also if one is cancelled while the lock is taken."""
        lock = self.watch.store.locked()
        taking = asyncio.ensure_future(asyncio.to_thread(lock.__enter__))
        try:
            await asyncio.shield(taking)
            yield
        finally:
            await taking
            lock.__exit__(None, None, None)

    # -- an operator's notes

    async def operator_reads(self, fault: str, ticket: int) -> Snapshot | None:
        """Read a ticket as an operator who is about to write a note on it, and record it."""
        seen = await asyncio.to_thread(self.watch.store.read, ticket)
        if seen is not None:
            self.journal.write(records.OperatorRead, fault=fault, ticket=ticket, version=seen.version)
        return seen

    async def operator_writes(self, fault: str, seen: Snapshot) -> None:
        """Write the operator's note, based on what they saw, and record what came of it."""
        writer, token = f"operator.{fault}", f"note of fault {fault}"
        entry = records.TimelineEntry("note", _number_of(fault), token, "done", writer)
        try:
            is_written = await asyncio.to_thread(self.watch.store.note, seen, entry)
            outcome = "written" if is_written else "ended"
        except WriteConflict:
            outcome = "conflict"
            self.journal.write(records.Conflict, attempt=writer, ticket=seen.number, table="tickets")
        self.journal.write(
            records.OperatorWrote, fault=fault, ticket=seen.number, writer=writer, token=token, outcome=outcome
        )

    # -- silent agents

    async def struck(self, point: str, token: int) -> records.Struck | None:
        """Wait until a point struck for the `token`-th time; None if quiet came first."""
        came = await self._before_quiescence(self.watch.until(lambda: self.watch.strike(point, token) is not None))
        return self.watch.strike(point, token) if came else None

    async def answer_late(self, fault: str, began: records.Struck, duration_s: float) -> None:
        """Wait until the agent's silence is over, and look whether their answer is still wanted."""
        store = self.watch.store
        asked = await asyncio.to_thread(store.read, began.ticket)
        await _sleep_until(began.t + int(duration_s * SECOND))
        now = await asyncio.to_thread(store.read, began.ticket)
        agent = asked.agent if asked is not None and asked.agent is not None else ""
        is_wanted = now is not None and now.agent == agent and now.recorded(began.step, began.visit) is None
        self.journal.write(
            records.LateAnswer,
            fault=fault,
            ticket=began.ticket,
            step=began.step,
            visit=began.visit,
            agent=agent,
            is_refused=not is_wanted,
        )

    async def reaped(self, proc: str, within_s: float) -> bool:
        """Wait until the supervisor reaped the process."""
        return await self.supervisor.reaped(proc, within_s)

    async def restart(self, proc: str, after_s: float) -> None:
        """Start the replacement after that long, and return when it is ready; one is enough, however many ended it."""
        await asyncio.sleep(after_s)
        if proc in self.replaced:
            return
        self.replaced.add(proc)
        replacement = await self.supervisor.respawn(proc)
        await self.supervisor.ready([replacement], READY_DEADLINE_S)

    def engines(self) -> Sequence[str]:
        """Return the live engines that the harness started."""
        owned = self.supervisor.owned.values()
        return [one.proc for one in owned if one.spec.role == "engine" and one.exited is None]

    def is_engine_gone(self) -> bool:
        """Say whether the harness started an engine, and none lives any more."""
        return not self.engines() and any(one.spec.role == "engine" for one in self.supervisor.owned.values())

    async def reopen_engine(self) -> None:
        """Start an engine that died for good again, to read its record: without workers, so that nobody goes on."""
        for worker in self.workers():
            await self.supervisor.signal(worker, signal.SIGKILL, "")
            await self.supervisor.reaped(worker, READY_DEADLINE_S)
        last = [one.proc for one in self.supervisor.owned.values() if one.spec.role == "engine"][-1]
        await self.restart_engine(last, 0.0)

    async def restart_engine(self, proc: str, after_s: float) -> None:
        """Start the engine again after that long, and return when it serves."""
        await asyncio.sleep(after_s)
        await self.supervisor.respawn(proc)
        async with asyncio.timeout(READY_DEADLINE_S):
            await self.system.wait_until_ready()

    def begun(self, instance: FaultInstance, planned: int, procs: Sequence[str] = ()) -> None:
        """Record that the fault starts now."""
        self.acting.add(instance.id)
        self.journal.write(records.FaultBegun, fault=instance.id, planned=planned, procs=tuple(procs))

    def ended(self, instance: FaultInstance, *, healed: bool, injected: bool, note: str = "") -> None:
        """Record that the fault is undone, or why it was not injected."""
        self.acting.discard(instance.id)
        self.last_undo = time.monotonic_ns()
        if injected:
            self.landed.add(instance.id)
        self.journal.write(records.FaultEnded, fault=instance.id, healed=healed, injected=injected, note=note)

    async def _before_quiescence(self, waiting: Coroutine[Any, Any, None]) -> bool:
        """Wait for something unless quiet comes first; True if it came."""
        wanted = asyncio.ensure_future(waiting)
        quiescent = asyncio.ensure_future(self.quiescent.wait())
        try:
            await asyncio.wait({wanted, quiescent}, return_when=asyncio.FIRST_COMPLETED)
            if wanted.done():
                wanted.result()
            return wanted.done()
        finally:
            wanted.cancel()
            quiescent.cancel()


async def _sleep_until(moment: int) -> None:
    await asyncio.sleep(max(0, moment - time.monotonic_ns()) / SECOND)


def _number_of(fault: str) -> int:
    """Make a number of an instance's id, "<fault>.<n>", so that each one's note is an entry of its own."""
    index, _, number = fault.partition(".")
    return int(index) * 10_000 + int(number)
