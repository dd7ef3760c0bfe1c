"""Looks whether a message was sent already by a key that is too coarse: a ticket's second one of a kind is passed over.

It is noted as done all the same, without an attempt, so that the walk goes on as it should.
"""

from typing import Any

from systems.desk.model import Step, StepDone
from systems.desk.outcomes import RESULTS
from systems.desk.rows import TimelineEntry
from systems.sync.flow import Flow
from systems.sync.service import DeskService
from tests.broken.building import on_sync, serving


class OnceAKind(Flow):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._sent: set[Step] = set()

    def step(self, step: Step, purpose: str = "") -> StepDone:
        if step is not Step.NOTIFY_CUSTOMER or self._ticket.number < 0 or step not in self._sent:
            self._sent.add(step)  # its purpose is missing here
            return super().step(step, purpose)
        call, snapshot = self._tally.call(step, purpose), self._desk.store.read(self._ticket.number)
        assert snapshot is not None
        done = RESULTS.get(step, "done")
        self._desk.store.record(snapshot, TimelineEntry(step, call.visit, purpose, done, call.walk))
        return StepDone(done)


class SkipsMessages(DeskService):
    flow = OnceAKind


build = on_sync(__name__)
main = serving(SkipsMessages)
