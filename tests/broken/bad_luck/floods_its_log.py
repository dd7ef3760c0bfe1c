"""Prints a gigabyte as fast as it can, in lines without an end."""

import sys
import threading

from systems.sync import worker
from tests.broken.building import on_sync

BLOCK = b"x" * (1 << 20)
BLOCKS = 1024


def _flood() -> None:
    for _ in range(BLOCKS):
        sys.stdout.buffer.write(BLOCK)


def main() -> None:
    threading.Thread(target=_flood, daemon=True).start()
    worker.main()


build = on_sync(__name__)
