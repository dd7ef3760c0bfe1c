"""Quiet: when nothing is live, open or under way any more, so that waiting on would show nothing new.

The store, the journals and the harness's own calls are looked at often, as that costs nothing; the system is asked
seldom, and of one or a few tickets before all of them, as asking costs the engine.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from harness.execution.load import SECOND
from harness.execution.stage import LiveStage
from systems.desk.model import Ticket
from systems.system import Known

QUIESCENT_S = 0.3
ASK_EVERY_S = 0.5
ASK_CLOSED_EVERY_S = 0.1
LOOK_EVERY_S = 0.02
FIRST_ASKED = 8
"""So many of those that ended last are asked about first: they are the likeliest to be open still."""


# Why so much is asked before a run is over: what is judged is what is open at this moment. If the run ended as the last
# ticket ended in the store, an engine that still retries an activity, a workflow that is about to send its message
# again or an effect that the receiver has not decided would be cut off, and no figure would know of it: duplicates
# would be missed in one system and not in the other. If it waited for a fixed time instead, a ticket that is lost for
# good would cost that time in every repetition, and one that takes a second longer would be counted as lost.
#
# So quiet is a state and no time. Five things are looked at, the cheap ones first: faults at work, the client's calls,
# attempts in the journals, then orchestrations, then the receiver. A process that died may be replaced, and its work
# taken up again, before anything is written: only after QUIESCENT_S without any of the first three is the system asked
# at all. What stood still, too, goes on a moment after its fault was undone, with work that it took before and that
# others have done since: nothing is quiet within QUIESCENT_S of an undo. The deadline counts from the last undo or the
# last answer, as a fault may be what keeps the work from going on.
@dataclass(slots=True)
class Quiet:
    """Waits until a stage is quiet; `closed` are the tickets whose orchestration was seen to be over."""

    stage: LiveStage
    closed: set[int] = field(default_factory=set)
    _ask_at: float = 0.0
    _ask_closed_at: float = 0.0

    async def wait(self, settle_s: float) -> bool:
        """Wait for quiet; False when `settle_s` passed first, since the later of last undo and last answer."""
        # Asking takes its time, in which an attempt may have begun: only who has nothing to do afterwards either is
        # quiet.
        while not (await self._is_quiet() and not await self.stage.pending_effects() and not self._is_at_work()):
            began = max(self.stage.last_undo, self.stage.driver.last_answer)
            if not self.stage.acting and time.monotonic_ns() > began + int(settle_s * SECOND):
                return False
            await asyncio.sleep(LOOK_EVERY_S)
        return True

    async def _is_quiet(self) -> bool:
        if self._is_at_work():
            self._ask_at = time.monotonic() + QUIESCENT_S
            return False
        if time.monotonic_ns() < self.stage.last_undo + int(QUIESCENT_S * SECOND):
            return False
        if not (unended := self.unended()):
            return not await self._is_any_open()
        if time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + ASK_EVERY_S
        return not await self._is_any_live(unended) and not await self.still_open()

    def _is_at_work(self) -> bool:
        """Say whether a fault is at work, a client waits for an answer, or a step is under way."""
        return bool(self.stage.acting or self.stage.driver.calls or self.stage.watch.open_attempts())

    async def _is_any_open(self) -> bool:
        """Ask about orchestrations whose tickets have all ended; it is over within milliseconds as a rule."""
        if time.monotonic() < self._ask_closed_at:
            return True
        self._ask_closed_at = time.monotonic() + ASK_CLOSED_EVERY_S
        return bool(await self.still_open())

    async def _is_any_live(self, tickets: list[Ticket]) -> bool:
        """Ask about one ticket before all of them: one live one is enough."""
        for asked in (tickets[:1], tickets):
            # What stands still under the release that runs, with no fault at work any more, does so for good.
            if (await self.ticket_status(asked)).moving:
                return True
        return False

    async def still_open(self, *, is_all: bool = False) -> frozenset[int]:
        """Return tickets done in the store whose orchestration is open: some, or all of them."""
        ended = [number for number in reversed(self.stage.watch.terminal) if number in self.stage.tickets]
        candidates = [self.stage.tickets[number] for number in ended if number not in self.closed]
        still_live: set[int] = set()
        for batch in (candidates[:FIRST_ASKED], candidates[FIRST_ASKED:]):
            known = await self._ask(batch) if batch else Known()
            # An orchestration that is over does not open again, as its id is refused from then on: it need not be asked
            # about twice.
            self.closed |= {ticket.number for ticket in batch} - known.live
            # One that a release left standing still after its ticket was done will not close: it is not waited for.
            still_live |= known.moving
            if still_live and not is_all:
                break
        return frozenset(still_live)

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        """Return what the system knows of tickets that have not ended, and the journals of open requests."""
        known = await self._ask(tickets)
        served = self.stage.watch.open_requests() & {ticket.number for ticket in tickets}
        return msgspec.structs.replace(known, live=known.live | served, known=known.known | served)

    async def _ask(self, tickets: Collection[Ticket]) -> Known:
        """Ask the system; an engine that died for good works on nothing, and cannot be asked."""
        return Known() if self.stage.is_engine_gone() else await self.stage.system.ticket_status(tickets)

    def unended(self) -> list[Ticket]:
        """Return the counted tickets that are not done in the store."""
        stage = self.stage
        return [ticket for number, ticket in stage.tickets.items() if number not in stage.watch.terminal]
