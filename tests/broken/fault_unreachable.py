"""Is built without the points at which faults act, so that a planned one never strikes.

Chaos tests have passed without their fault having been injected: https://github.com/litmuschaos/litmus/issues/73
"""

from systems.desk.live.workplace import Workplace
from systems.registry import Registration
from systems.sync import worker
from systems.sync.service import DeskService
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class Unreachable(DeskService):
    def __init__(self, work: Workplace, settings: SyncSettings) -> None:
        super().__init__(work, settings)
        work.desk.points = None


def main() -> None:
    worker.DeskService = Unreachable
    worker.main()
