"""Starts, and never says that it is ready."""

import threading

from systems.registry import Registration
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


def main() -> None:
    threading.Event().wait()
