"""Goes on after a step that failed for good, as if it had been done.

Handlers that ignore an error are the commonest cause of catastrophic failures of distributed systems:
https://www.usenix.org/publications/login/feb15/yuan
"""

from systems.desk.model import GaveUp, StepCall, StepDone
from systems.registry import Registration
from systems.sync import service, worker
from systems.sync.flow import Flow
from systems.sync.settings import SyncSettings
from tests.broken.planting import planted

SYSTEM = Registration(SyncSettings, __name__)
build = planted(__name__)


class CarryingOn(Flow):
    def _perform(self, call: StepCall) -> StepDone:
        try:
            return super()._perform(call)
        except GaveUp:
            return StepDone("done")


def main() -> None:
    service.Flow = CarryingOn
    worker.main()
