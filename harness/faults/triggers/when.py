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

    def validate_keys(self) -> list[tuple[str, str]]:
        """Return what is unclear about the moment, as (key of the fault, message) pairs."""
        triggers = [name for name in ("after", "progress", "step") if getattr(self, name) is not None]
        if len(triggers) != 1:
            seen = " and ".join(triggers) or "none of them"
            return [("when", f"when: expected exactly one of after, progress, step; found {seen}")]
        found = []
        if self.after is None and (self.every is not None or self.times > 1):
            found.append(("when", f"when: every and times go with after only: expected after, found {triggers[0]}"))
        if self.after is not None and (self.every is None) != (self.times == 1):
            one = "times" if self.every is None else "every"
            found.append(("when", f"when: every and times (above 1) go together: expected both, found {one} only"))
        if self.step is None and (self.occurrence, self.visit, self.window) != (1, 1, Window.BEFORE_EFFECT):
            place = "occurrence, visit and window go with step only"
            found.append(("when", f"when: {place}: expected step, found {triggers[0]}"))
        if self.progress == 0:
            found.append(("when.progress", "when.progress: expected more than 0%, found 0%"))
        return found
