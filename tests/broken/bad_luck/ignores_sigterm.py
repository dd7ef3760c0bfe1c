"""Ignores SIGTERM."""

import signal
from typing import Any

from systems.registry import Registration
from systems.sync import worker
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class Stubborn(worker.Worker):
    def __init__(self, server: Any, grace_s: float) -> None:
        super().__init__(server, grace_s)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def main() -> None:
    worker.Worker = Stubborn
    worker.main()
