"""Says that it is ready, takes connections, and never serves one.

A readiness probe that asks for a connection alone passes a process that answers nothing:
https://github.com/boettiger-lab/mcp-data-server/issues/157
"""

import threading

from systems.registry import Registration
from systems.sync import worker
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class Stuck(worker.Worker):
    def run(self) -> int:
        threading.Event().wait()
        return 0


def main() -> None:
    worker.Worker = Stuck
    worker.main()
