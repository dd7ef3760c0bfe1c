"""A system with a deadline on each of its answers: what somebody else's code waits for must not hold up a run."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFailure
from systems.desk.model import Ticket
from systems.process import ProcessSpec
from systems.system import Answer, Deployable, Known, Pace, System

START_DEADLINE_S = 120.0
"""Above what a system itself waits for an engine and for its workers, as that says better what was missing."""
ANSWER_DEADLINE_S = 60.0
SLACK_S = 5.0
"""So much longer than its time-out may a submission take: a client that keeps to it is never cut off."""


@dataclass(frozen=True, slots=True)
class PunctualSystem:
    """Implements `systems.system.System` by `system`, of the column `label`: its word, or an error that names it.

    Raises EnvironmentFailure for what takes too long; a submission that does is answered info. What blocks the event
    loop itself is beyond it: that needs a time limit of the run's.
    """

    system: System
    label: str
    start_s: float = START_DEADLINE_S
    answer_s: float = ANSWER_DEADLINE_S
    slack_s: float = SLACK_S

    async def start(self) -> None:
        """Start engine and workers."""
        async with self._within(self.start_s, "start"):
            await self.system.start()

    async def wait_until_ready(self) -> None:
        """Wait until an engine that was started again serves."""
        async with self._within(self.start_s, "wait_until_ready"):
            await self.system.wait_until_ready()

    async def throttle(self, rate: float | None) -> Sequence[Pace]:
        """Let the engine hand out at most so many steps a second, or as many as it can."""
        async with self._within(self.answer_s, "throttle"):
            return await self.system.throttle(rate)

    async def submit(self, ticket: Ticket, timeout_s: float, submission: int) -> Answer:
        """Send one ticket; info where the client does not come back."""
        try:
            async with asyncio.timeout(timeout_s + self.slack_s) as limit:
                return await self.system.submit(ticket, timeout_s, submission)
        except TimeoutError:
            if not limit.expired():
                raise
            return Answer("info", detail=f"the client had not come back {self.slack_s:g} s after its time-out")

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        """Say what is known of these tickets."""
        async with self._within(self.answer_s, "ticket_status"):
            return await self.system.ticket_status(tickets)

    async def residents(self, tickets: Collection[Ticket]) -> dict[str, frozenset[int]]:
        """Map workers to the tickets that are resident in them."""
        async with self._within(self.answer_s, "residents"):
            return await self.system.residents(tickets)

    async def pause(self, ticket: Ticket) -> bool:
        """Ask for the ticket to stand still."""
        async with self._within(self.answer_s, "pause"):
            return await self.system.pause(ticket)

    async def resume(self, ticket: Ticket) -> None:
        """Let it go on."""
        async with self._within(self.answer_s, "resume"):
            await self.system.resume(ticket)

    async def paused(self, tickets: Collection[Ticket]) -> frozenset[int]:
        """Say which of these tickets stand still."""
        async with self._within(self.answer_s, "paused"):
            return await self.system.paused(tickets)

    async def inspect(self, ticket: Ticket) -> dict[str, Any] | None:
        """Return what the orchestrator answers of a ticket."""
        async with self._within(self.answer_s, "inspect"):
            return await self.system.inspect(ticket)

    @property
    def ui_url(self) -> str:
        """Where the engine's own web page is."""
        return self.system.ui_url

    async def export(self, folder: Path, tickets: Sequence[Ticket]) -> None:
        """Write down what the orchestrator recorded; the caller has a deadline of its own."""
        await self.system.export(folder, tickets)

    # -- of a system that can run another release

    @property
    def _deployable(self) -> Deployable:
        if isinstance(self.system, Deployable):
            return self.system
        raise EnvironmentFailure(f"{self.label}: it says that it can run other releases, and has no way to start one")

    @property
    def binds_tickets(self) -> bool:
        """Whether open tickets stay with the workers of the release under which they began."""
        return self._deployable.binds_tickets

    def worker(self, index: int, release: str = "") -> ProcessSpec:
        """Return how the `index`-th worker of a release is started."""
        return self._deployable.worker(index, release)

    async def take_over(self, release: str) -> None:
        """Let work go to a release whose workers are ready."""
        async with self._within(self.answer_s, "take_over"):
            await self._deployable.take_over(release)

    async def is_drained(self, release: str) -> bool:
        """Say whether the workers of a release that another one followed may leave."""
        async with self._within(self.answer_s, "is_drained"):
            return await self._deployable.is_drained(release)

    async def close(self) -> None:
        """Drop connections."""
        async with self._within(self.answer_s, "close"):
            await self.system.close()

    @asynccontextmanager
    async def _within(self, deadline_s: float, call: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(deadline_s) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise EnvironmentFailure(f"{self.label}: its {call}() did not come back within {deadline_s:g} s") from None
