"""Takes every ticket, and never answers."""

import threading

from systems.desk.model import Ticket
from systems.registry import Registration
from systems.sync import worker
from systems.sync.service import DeskService, Reply
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class Hanging(DeskService):
    def _answer(self, ticket: Ticket, name: str) -> Reply:
        if ticket.number > 0:
            threading.Event().wait()
        return super()._answer(ticket, name)


def main() -> None:
    worker.DeskService = Hanging
    worker.main()
