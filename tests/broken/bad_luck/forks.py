"""Leaves children behind: one in its own group, one in a session of its own whose parents are gone."""

import os
import signal
import subprocess
import sys
import time

from systems.registry import Registration
from systems.sync import worker
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def _daemon() -> None:
    """Fork twice with a session between, as daemons do: what stays is nobody's child, and in nobody's group."""
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execv(sys.executable, [sys.executable, "-c", SLEEPER])


def main() -> None:
    subprocess.Popen([sys.executable, "-c", SLEEPER])
    _daemon()
    worker.main()
