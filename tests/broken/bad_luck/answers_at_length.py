"""Answers every ticket with 100 MB."""

from systems.desk.model import Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving

LENGTH_BYTES = 100_000_000


class Talkative(DeskService):
    def submit(self, ticket: Ticket) -> Reply:
        body, status = super().submit(ticket)
        return ({**body, "more": "x" * LENGTH_BYTES} if ticket.number > 0 else body), status


build = on_sync(__name__)
main = serving(Talkative)
