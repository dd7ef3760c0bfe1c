"""Prints a gigabyte as fast as it can, in lines without an end."""

import sys
import threading

from systems.registry import Registration
from systems.sync import worker
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


BLOCK = b"x" * (1 << 20)
BLOCKS = 1024


def _flood() -> None:
    for _ in range(BLOCKS):
        sys.stdout.buffer.write(BLOCK)


def main() -> None:
    threading.Thread(target=_flood, daemon=True).start()
    worker.main()
