"""Refuses every ticket: its circuit breaker let the canaries through, opened, and never closes again.

A breaker has stayed half-open for good and blocked every call: https://github.com/nodeshift/opossum/issues/276
"""

from systems.desk.model import Ticket
from systems.registry import Registration
from systems.sync import worker
from systems.sync.service import DeskService, Reply
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class OpenCircuit(DeskService):
    def submit(self, ticket: Ticket) -> Reply:
        if ticket.number > 0:
            return {"ticket": ticket.id, "error": "circuit open", "accepted": False}, 503
        return super().submit(ticket)


def main() -> None:
    worker.DeskService = OpenCircuit
    worker.main()
