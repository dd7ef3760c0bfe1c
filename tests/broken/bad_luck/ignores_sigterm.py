"""Ignores SIGTERM."""

import signal
from typing import Any

from systems.sync import worker
from tests.broken.building import on_sync, serving


class Stubborn(worker.Worker):
    def __init__(self, server: Any, grace_s: float) -> None:
        super().__init__(server, grace_s)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


build = on_sync(__name__)
main = serving(process=Stubborn)
