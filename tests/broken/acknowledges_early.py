"""Acknowledges before it stores: what comes while another is walked waits in memory, and its client has its ok."""

import queue
import threading
from typing import Any

from systems.desk.model import State, Ticket
from systems.sync.service import DeskService, Reply
from tests.broken.building import on_sync, serving


class AcceptsIntoMemory(DeskService):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._busy = threading.Lock()
        self._waiting: queue.SimpleQueue[Ticket] = queue.SimpleQueue()

    def submit(self, ticket: Ticket) -> Reply:
        if not self._busy.acquire(blocking=False):
            self._waiting.put(ticket)
            return {"ticket": ticket.id, "state": State.OPEN.value}, 200
        try:
            reply = super().submit(ticket)
            while not self._waiting.empty():
                super().submit(self._waiting.get())
            return reply
        finally:
            self._busy.release()


build = on_sync(__name__)
main = serving(AcceptsIntoMemory)
