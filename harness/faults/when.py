"""When a fault strikes: a time, a progress, or a place in a ticket's path."""

import msgspec

from systems.desk.model import Step, Window
from systems.desk.units import Duration, Positive, Share


class When(msgspec.Struct, frozen=True):
    """Exactly one of `after`, `progress`, `step` is set; `every`/`times` go with `after`, the rest with `step`."""

    after: Duration | None = None
    every: Duration | None = None
    times: Positive = 1
    progress: Share | None = None
    step: Step | None = None
    occurrence: Positive = 1
    window: Window = Window.BEFORE_EFFECT
    visit: Positive = 1
