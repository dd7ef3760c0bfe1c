"""Is told to leave, and waits in its own handler for something that never comes."""

import threading

from systems.sync import worker
from tests.broken.building import on_sync, serving


class Hanging(worker.Worker):
    def _leave(self, *_: object) -> None:
        threading.Event().wait()


build = on_sync(__name__)
main = serving(process=Hanging)
