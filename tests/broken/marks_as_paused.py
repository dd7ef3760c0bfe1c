"""Marks a ticket as paused while an operator wants it so, and works on."""

from systems.desk.live.steps import LiveDesk
from systems.desk.model import Ticket
from tests.broken.building import on_sync, serving


class MarksOnly(LiveDesk):
    def stand_still(self, ticket: Ticket, walk: str) -> None:
        self.store.stand_still(ticket.number, walk, is_paused=self.store.is_pause_wanted(ticket.number))


build = on_sync(__name__)
main = serving(desk=MarksOnly)
