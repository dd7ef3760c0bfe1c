"""Is told to leave, and waits in its own handler for something that never comes."""

import signal
import threading
from typing import Any

from systems.registry import Registration
from systems.sync import worker
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class Hanging(worker.Worker):
    def _leave(self, *_: object) -> None:
        threading.Event().wait()


def main() -> None:
    worker.Worker = Hanging
    worker.main()
