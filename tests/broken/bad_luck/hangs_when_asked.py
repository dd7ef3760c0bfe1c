"""Hangs in the harness's own process: what it knows of tickets, it never says, and no submission comes back."""

import asyncio
from collections.abc import Collection

from systems.desk.config import WorkerSpec
from systems.desk.model import Ticket
from systems.sync.system import SyncSystem
from systems.system import Answer, Known, Place, Spawner


class Hanging(SyncSystem):
    async def submit(self, ticket: Ticket, timeout_s: float, submission: int) -> Answer:
        if ticket.number > 0:
            await asyncio.Event().wait()
        return await super().submit(ticket, timeout_s, submission)

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        await asyncio.Event().wait()
        return await super().ticket_status(tickets)


def build(spec: WorkerSpec, place: Place, spawner: Spawner) -> SyncSystem:
    return Hanging(spec, place, spawner)
