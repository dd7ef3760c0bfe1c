"""Leaves children behind: one in its own group, one in a session of its own whose parents are gone."""

import os
import signal
import subprocess
import sys
import time

from systems.sync import worker
from tests.broken.building import on_sync

SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def _daemon() -> None:
    """Fork twice with a session between, as daemons do: what stays is nobody's child, and in nobody's group."""
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
    os._exit(0)


def main() -> None:
    subprocess.Popen([sys.executable, "-c", SLEEPER])
    _daemon()
    worker.main()


build = on_sync(__name__)
