"""Stores whatever is submitted, and trusts a unique index that is not there to refuse what it has already."""

from systems.desk.live.steps import LiveDesk
from systems.desk.model import Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving


class InsertsFirst(LiveDesk):
    def open_beside(self, ticket: Ticket, request: str) -> bool:
        is_new = super().open_beside(ticket, request)
        return is_new or not self.store.insert_ticket(ticket, f"{self._proc}.open")


class NeverLooks(DeskService):
    def _from_store(self, ticket: Ticket) -> Reply | None:  # noqa: ARG002 - that is the bug
        return None


build = on_sync(__name__)
main = serving(NeverLooks, desk=InsertsFirst)
