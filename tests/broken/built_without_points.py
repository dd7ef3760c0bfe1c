"""Is built without the points at which faults act: what is planned there never strikes."""

from systems.desk.live.workplace import Workplace
from systems.sync.service import DeskService
from systems.sync.settings import SyncSettings
from tests.broken.building import on_sync, serving


class WithoutPoints(DeskService):
    def __init__(self, work: Workplace, settings: SyncSettings) -> None:
        super().__init__(work, settings)
        work.desk.points = None


build = on_sync(__name__)
main = serving(WithoutPoints)
