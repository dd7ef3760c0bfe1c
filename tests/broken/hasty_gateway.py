"""Does the work, and answers that it was not done: a gateway before it has less patience than a ticket takes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from systems.desk.model import Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving

PATIENCE_S = 1.5
"""Long for a canary, which takes no time over its steps; short for every other ticket of the scenario."""


class BehindAGateway(DeskService):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._upstream = ThreadPoolExecutor()

    def submit(self, ticket: Ticket) -> Reply:
        try:
            return self._upstream.submit(super().submit, ticket).result(PATIENCE_S)
        except TimeoutError:
            # Not 504: that a gateway does not know what became of the request would be no lie.
            return {"ticket": ticket.id, "error": "the service is not available"}, 503


build = on_sync(__name__)
main = serving(BehindAGateway)
