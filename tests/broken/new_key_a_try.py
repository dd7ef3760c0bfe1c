"""Makes a message's idempotency key anew for each try, so that the receiver takes a repeat for another message."""

import time
from dataclasses import replace

from systems.desk.live.outbox import Outbox
from systems.desk.model import StepCall
from tests.broken.building import on_sync, serving


class NewKeyATry(Outbox):
    def send(self, call: StepCall, attempt: str) -> bool:
        is_counted = call.ticket.number > 0
        return super().send(replace(call, nth=time.monotonic_ns()) if is_counted else call, attempt)


build = on_sync(__name__)
main = serving(outbox=NewKeyATry)
