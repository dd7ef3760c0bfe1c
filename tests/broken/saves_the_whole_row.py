"""Saves a ticket as it was read and changed, the whole row: what another wrote meanwhile is overwritten."""

from systems.desk.config import Locking
from systems.desk.live.snapshot import Snapshot
from systems.desk.live.store import KEEP, Store
from systems.desk.rows import TimelineEntry
from tests.broken.building import on_sync, serving


class SavesTheWholeRow(Store):
    def __init__(self, url: str, locking: Locking) -> None:
        super().__init__(url, locking)
        self._unguarded = Store(url, "none")

    def record(
        self, snapshot: Snapshot, entry: TimelineEntry, *, state: str | None = None, agent: object = KEEP
    ) -> TimelineEntry:
        return self._unguarded.record(snapshot, entry, state=state, agent=agent)


build = on_sync(__name__)
main = serving(store=SavesTheWholeRow)
