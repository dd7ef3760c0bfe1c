"""Closes an urgent ticket as resolved whatever came of the fix."""

from systems.desk.model import Priority, State
from systems.sync.flow import Flow
from systems.sync.service import DeskService
from tests.broken.building import on_sync, serving


class IgnoresAFailedFix(Flow):
    def close(self, end: State) -> State:
        is_urgent = self._ticket.number > 0 and self._ticket.priority is Priority.HIGH
        return super().close(State.RESOLVED if is_urgent else end)


class ClosesAsResolved(DeskService):
    flow = IgnoresAFailedFix


build = on_sync(__name__)
main = serving(ClosesAsResolved)
