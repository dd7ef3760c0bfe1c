"""Answers every ticket with 100 MB."""

from systems.desk.model import Ticket
from systems.registry import Registration
from systems.sync import worker
from systems.sync.service import DeskService, Reply
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


LENGTH_BYTES = 100_000_000


class Talkative(DeskService):
    def submit(self, ticket: Ticket) -> Reply:
        body, status = super().submit(ticket)
        return ({**body, "more": "x" * LENGTH_BYTES} if ticket.number > 0 else body), status


def main() -> None:
    worker.DeskService = Talkative
    worker.main()
