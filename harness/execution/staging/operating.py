"""An operator at the desk of a running repetition, for faults: lets tickets stand still, and writes notes on them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.execution.load import Driver
from harness.execution.watch import Watch
from harness.history import run_records
from systems.desk import records
from systems.desk.live.journal import Journal
from systems.desk.live.snapshot import Snapshot
from systems.desk.model import Ticket, WriteConflict
from systems.desk.rows import TimelineEntry
from systems.system import System

PAUSE_POLL_S = 0.02
PAUSE_DEADLINE_S = 5.0
PAUSE_GRACE_S = 1.0
PAUSE_LONGEST_S = 30.0
ON_ITS_WAY_S = 2.0
"""So long a ticket whose submission waits for its answer is asked again: its system may hear of it any moment."""


@dataclass(slots=True)
class LiveOperator:
    """Implements `harness.faults.stage.Operator`; `wished` maps faults to the tickets that they let stand still."""

    system: System
    watch: Watch
    driver: Driver
    journal: Journal
    tickets: dict[int, Ticket]
    is_engine_gone: Callable[[], bool]
    wished: dict[str, list[int]] = field(default_factory=dict)

    def under_way(self) -> Sequence[int]:
        """Return the tickets that were sent and are not done."""
        return sorted(self.driver.sent - self.watch.settled)

    async def pause(self, fault: str, tickets: Sequence[int]) -> Sequence[int]:
        """Ask for tickets to stand still; those that have ended, or are unknown, cannot."""
        able = [self.tickets[n] for n in tickets if n in self.tickets and n not in self.watch.terminal]
        done = await asyncio.gather(*map(self._ask_to_stand_still, able))
        self.wished[fault] = [ticket.number for ticket, is_taken in zip(able, done, strict=True) if is_taken]
        self.journal.write(run_records.PauseAsked, fault=fault, tickets=tuple(self.wished[fault]))
        return self.wished[fault]

    async def _ask_to_stand_still(self, ticket: Ticket) -> bool:
        """Ask a ticket; one that was just sent is asked again, as its system may not have heard of it yet."""
        until = time.monotonic() + ON_ITS_WAY_S
        while True:
            is_on_its_way = ticket.number in self.driver.calls
            if await self.system.pause(ticket):
                return True
            if not is_on_its_way or time.monotonic() > until:
                return False
            await asyncio.sleep(PAUSE_POLL_S)

    async def watch_pause(self, fault: str, tickets: Sequence[int], duration_s: float) -> None:
        """Look which tickets are read as paused, and return `duration_s` after the last was.

        A ticket can stand still only at its next step: one that is worked on is waited for, and a moment longer, as
        reading that it stands still takes a while.
        """
        began = time.monotonic()
        waiting, until, last = set(tickets), began + PAUSE_DEADLINE_S, None
        # `until` moves on as long as tickets come to stand still or are worked on; the last bound is for one that is
        # worked on and never stands still, which would hold the fault, and with it the run.
        while waiting and time.monotonic() < min(until, began + PAUSE_LONGEST_S):
            for number in await self.system.paused([self.tickets[n] for n in sorted(waiting)]):
                self.journal.write(run_records.TicketPaused, fault=fault, ticket=number)
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
        await self.let_go(fault, self.wished.pop(fault, []))

    async def let_go(self, fault: str, tickets: Sequence[int]) -> None:
        """Let these of its tickets go on."""
        # Recorded before the wish is sent: the attempt that follows from it may begin at once, and one that is older
        # than the record would read as made by a ticket that stood still.
        for number in tickets:
            self.watch.paused.discard(number)
            self.journal.write(run_records.TicketResumed, fault=fault, ticket=number)
        if not self.is_engine_gone():  # else no engine is there to take the signal
            await asyncio.gather(*(self.system.resume(self.tickets[number]) for number in tickets))

    async def read(self, fault: str, ticket: int) -> Snapshot | None:
        """Read a ticket, to write a note on it, and record that."""
        snapshot = await asyncio.to_thread(self.watch.store.read, ticket)
        if snapshot is not None:
            self.journal.write(run_records.OperatorRead, fault=fault, ticket=ticket, version=snapshot.version)
        return snapshot

    async def write(self, fault: str, basis: Snapshot) -> None:
        """Write the note, based on what was read, and record what came of it."""
        writer, token = f"operator.{fault}", f"note of fault {fault}"
        entry = TimelineEntry("note", _number_of(fault), token, "done", writer)
        try:
            # In a thread, as a write may wait for the lock for seconds, and the load is driven by this loop.
            is_written = await asyncio.to_thread(self.watch.store.note, basis, entry)
            outcome = "written" if is_written else "ended"
        except WriteConflict:
            outcome = "conflict"
            self.journal.write(records.Conflict, attempt=writer, ticket=basis.number, table="tickets")
        self.journal.write(
            run_records.OperatorWrote, fault=fault, ticket=basis.number, writer=writer, token=token, outcome=outcome
        )


def _number_of(fault: str) -> int:
    """Make a number of an instance's id, "<fault>.<n>", so that each one's note is an entry of its own."""
    index, _, number = fault.partition(".")
    return int(index) * 10_000 + int(number)
