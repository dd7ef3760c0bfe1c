"""Takes every ticket, and never answers."""

import threading

from systems.desk.model import Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving


class Hanging(DeskService):
    def _answer(self, ticket: Ticket, name: str) -> Reply:
        if ticket.number > 0:
            threading.Event().wait()
        return super()._answer(ticket, name)


build = on_sync(__name__)
main = serving(Hanging)
