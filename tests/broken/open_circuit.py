"""Refuses every ticket: a circuit breaker that let the first ones through, the canaries, has opened for good."""

from systems.desk.model import Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving


class OpenCircuit(DeskService):
    def submit(self, ticket: Ticket) -> Reply:
        if ticket.number > 0:
            return {"ticket": ticket.id, "error": "circuit open", "accepted": False}, 503
        return super().submit(ticket)


build = on_sync(__name__)
main = serving(OpenCircuit)
