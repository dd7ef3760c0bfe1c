"""In which workers orchestrations are resident: asked of the system, ahead of the moment that needs the answer."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from systems.desk.model import Ticket
from systems.system import System

FIRST_ASKED = 4
FRESH_S = 0.3

Homes = dict[str, frozenset[int]]


# Why residency is asked for ahead: a fault strikes a busy worker, and in a system whose orchestrations wait most of the
# time hardly any attempt is open: the worker that holds a waiting ticket is as busy as it gets. Only the engine knows
# which that is, and reading a history takes it tens of milliseconds, more under load. Asked at the planned moment, the
# answer would delay the strike by that much in one system and not in the other, so it is asked for a tenth of a second
# before, about a few tickets, and dropped where it is older than FRESH_S by then: a sticky cache moves on, and a strike
# on the worker that had the ticket earlier would hit no ticket.
@dataclass(slots=True)
class Residents:
    """Asks `system`, and first about a few of the `tickets` under way: asking costs it, and a few tell as much.

    `tickets` are those under way, by arrival; `workers` the live ones by index.
    """

    system: System
    tickets: Callable[[], Sequence[Ticket]]
    workers: Callable[[], Sequence[str]]
    _prefetched: asyncio.Task[Homes] | None = None
    _asked: float = 0.0

    def prefetch(self) -> None:
        """Begin to ask about a few tickets now; `find` takes the answer if it comes while that is fresh."""
        self._asked = time.monotonic()
        self._prefetched = asyncio.create_task(self.system.residents(self._latest()))
        # An answer that nothing takes may be an error, as the engine may be away: looked at here, so that asyncio
        # reports none.
        self._prefetched.add_done_callback(lambda asked: asked.cancelled() or asked.exception())

    async def find(self) -> list[str]:
        """Return the live workers, by index, in which a ticket under way is resident."""
        if busy := self._live(await self._taken()):
            return busy
        latest = self._latest()
        for asked in (latest, [ticket for ticket in self.tickets() if ticket not in latest]):
            if asked and (busy := self._live(await self.system.residents(asked))):
                return busy
        return []

    async def of(self, number: int) -> list[str]:
        """Return the live workers in which this ticket is resident, if it is under way."""
        meant = [ticket for ticket in self.tickets() if ticket.number == number]
        return self._live(await self.system.residents(meant)) if meant else []

    async def _taken(self) -> Homes:
        """Return what was prefetched, if it is fresh and the system could answer."""
        asked, self._prefetched = self._prefetched, None
        if asked is None or time.monotonic() - self._asked > FRESH_S:
            return {}
        await asyncio.wait({asked})
        return {} if asked.exception() else asked.result()

    def _live(self, homes: Homes) -> list[str]:
        under_way = {ticket.number for ticket in self.tickets()}
        return [proc for proc in self.workers() if homes.get(proc, frozenset()) & under_way]

    def _latest(self) -> Sequence[Ticket]:
        """Return those that arrived last: they have the longest way before them."""
        return self.tickets()[-FIRST_ASKED:]
