"""Keeps a dead walk's lock: whoever's name stands in the row is at work, also after a restart."""

from systems.desk.live.snapshot import Snapshot
from systems.sync.service import DeskService
from tests.broken.building import on_sync, serving


class TrustsTheLock(DeskService):
    def _is_alive(self, snapshot: Snapshot) -> bool:
        return snapshot.walker != ""


build = on_sync(__name__)
main = serving(TrustsTheLock)
