"""Tells every client that its ticket is resolved, whatever became of it.

Workflow tools have shown success for what had failed: https://github.com/apache/dolphinscheduler/issues/2383
"""

from systems.desk.model import State, Ticket
from systems.registry import Registration
from systems.sync import worker
from systems.sync.service import DeskService, Reply
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class LyingService(DeskService):
    def submit(self, ticket: Ticket) -> Reply:
        body, status = super().submit(ticket)
        return {**body, "state": State.RESOLVED.value}, status


def main() -> None:
    worker.DeskService = LyingService
    worker.main()
