"""Says that it is ready and has its connections taken by the kernel, and never comes to serve one."""

import threading

from systems.sync.worker import Worker
from tests.broken.building import on_sync, serving


class Stuck(Worker):
    def run(self) -> int:
        threading.Event().wait()
        return 0


build = on_sync(__name__)
main = serving(process=Stuck)
