"""Does the work, and tells every client that it was not done: its gateway is less patient than the work is long.

A gateway has answered 504 for operations that went on and completed: https://github.com/specify/specify7/issues/7019
"""

from concurrent.futures import ThreadPoolExecutor

from systems.desk.live.workplace import Workplace
from systems.desk.model import Ticket
from systems.registry import Registration
from systems.sync import worker
from systems.sync.service import DeskService, Reply
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)
PATIENCE_S = 1.5
"""Long for a canary, which takes no time over its steps; short for every other ticket of the scenario."""


class HastyGateway(DeskService):
    def __init__(self, work: Workplace, settings: SyncSettings) -> None:
        super().__init__(work, settings)
        self._behind = ThreadPoolExecutor(settings.threads)

    def submit(self, ticket: Ticket) -> Reply:
        try:
            return self._behind.submit(super().submit, ticket).result(PATIENCE_S)
        except TimeoutError:
            return {"ticket": ticket.id, "error": "gateway time-out"}, 504


def main() -> None:
    worker.DeskService = HastyGateway
    worker.main()
