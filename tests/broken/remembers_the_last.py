"""Remembers the customer for a thread and never forgets them: the next request in that thread writes to them too."""

import threading
from dataclasses import replace

from systems.desk.live.outbox import Outbox
from systems.desk.model import Step, StepCall
from tests.broken.building import on_sync, serving


class RemembersTheLast(Outbox):
    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        super().__init__(url, timeout_s)
        self._of_thread = threading.local()

    def send(self, call: StepCall, attempt: str) -> bool:
        if call.ticket.number > 0 and call.step is Step.SEND_AUTO_RESPONSE:
            self._of_thread.customer = call.ticket
        elif call.ticket.number > 0 and call.step is Step.NOTIFY_CUSTOMER:
            call = replace(call, ticket=getattr(self._of_thread, "customer", call.ticket))
        return super().send(call, attempt)


build = on_sync(__name__)
main = serving(outbox=RemembersTheLast)
