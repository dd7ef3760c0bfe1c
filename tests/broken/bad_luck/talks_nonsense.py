"""Says what nobody understands on its line to the supervisor, and does not stop."""

import os
import socket
import threading

from systems.sync.worker import Worker
from tests.broken.building import on_sync, serving

BLOCK = b"x" * (1 << 20)


def _talk() -> None:
    line = socket.socket(fileno=os.dup(int(os.environ["CHAOS_CHANNEL"])))
    while True:
        line.sendall(BLOCK)


class TalksNonsense(Worker):
    def run(self) -> int:
        threading.Thread(target=_talk, daemon=True).start()
        return super().run()


build = on_sync(__name__)
main = serving(process=TalksNonsense)
