"""A timed outage: something around the desk is out of order from a moment on, for a while, and then in order again."""

import math
from contextlib import AbstractAsyncContextManager
from typing import Annotated, ClassVar

from harness.faults.spec import FaultInstance
from harness.faults.stage import Stage
from harness.faults.triggers import striking
from harness.faults.triggers.triggered import TriggeredFault
from harness.faults.triggers.when import When
from systems.desk.units import Duration, meaning


class Outage(TriggeredFault, frozen=True):
    """A fault that lasts for `duration` (s). A kind says what is out of order meanwhile, in `in_force`.

    `longest_s` is how long the desk can live through it.
    """

    longest_s: ClassVar[float] = math.inf

    when: Annotated[When, meaning("when it begins; a time or a progress")]
    duration: Annotated[Duration, meaning("how long it lasts")]

    def in_force(self, instance: FaultInstance, stage: Stage) -> AbstractAsyncContextManager[None]:
        """Return the context in which it is out of order; leaving it mends it, on every path."""
        raise NotImplementedError

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse a moment that a step decides, and an outage that lasts no time."""
        mistakes = super().validate_keys(given) + striking.validate_timed(self.when)
        if self.longest_s < math.inf and not 0 < self.duration <= self.longest_s:
            range_of = f"more than 0 and at most {self.longest_s:g}s"
            mistakes.append(("duration", f"duration: expected {range_of}; found {self.duration:g}s"))
        elif self.duration == 0:
            mistakes.append(("duration", "duration: expected more than 0s, found 0s"))
        return mistakes

    def blocked_s(self) -> float:
        """Return how long it lasts."""
        return self.duration

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, and let it be out of order for so long."""
        moment = await striking.moment(instance, stage)
        if moment is None:
            return
        stage.begun(instance.id, moment.planned)
        async with self.in_force(instance, stage):
            await stage.clock.sleep(self.duration)
        # After it was mended: whatever is still out of order after this record speaks against it.
        stage.ended(instance.id, healed=True, injected=True)
