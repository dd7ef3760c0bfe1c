"""Answers that the ticket is resolved, whatever became of it."""

from systems.desk.model import State, Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving


class SaysResolved(DeskService):
    def submit(self, ticket: Ticket) -> Reply:
        body, status = super().submit(ticket)
        return {**body, "state": State.RESOLVED.value}, status


build = on_sync(__name__)
main = serving(SaysResolved)
