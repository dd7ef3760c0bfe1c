"""Marks a paused ticket as paused, and works on.

A pause has been no more than a mark in the database: https://github.com/data-preservation-programs/singularity/issues/341
"""

from systems.desk.live import workplace
from systems.desk.live.steps import LiveDesk
from systems.desk.model import Ticket
from systems.registry import Registration
from systems.sync import worker
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class MarkingDesk(LiveDesk):
    def stand_still(self, ticket: Ticket, walk: str) -> None:
        self.store.stand_still(ticket.number, walk, is_paused=self.store.is_pause_wanted(ticket.number))


def main() -> None:
    workplace.LiveDesk = MarkingDesk
    worker.main()
