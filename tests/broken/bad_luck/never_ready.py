"""Starts, and never says that it is ready."""

import threading

from tests.broken.building import on_sync


def main() -> None:
    threading.Event().wait()


build = on_sync(__name__)
