"""When a fault strikes: a time, a progress, a place in a ticket's path, or a while after another fault."""

from typing import Annotated

import msgspec

from systems.desk.model import Step, Window
from systems.desk.units import Duration, Positive, Share, meaning


class When(msgspec.Struct, frozen=True):
    """Exactly one of `after`, `progress`, `step` is set; `every`/`times` go with `after`, the rest with `step`.

    With `fault`, `after` counts from the landing of the fault of that name.
    """

    after: Annotated[
        Duration | None, meaning("a time: this long after the first submission, or after the fault named in fault")
    ] = None
    fault: Annotated[
        str | None, meaning("the name of another fault: after counts from the moment at which that one first landed")
    ] = None
    every: Annotated[Duration | None, meaning("strike again at this interval; goes with after and times")] = None
    times: Annotated[Positive, meaning("how often it strikes in all; goes with every")] = 1
    progress: Annotated[Share | None, meaning("a progress: when this share of the tickets has ended")] = None
    step: Annotated[Step | None, meaning("a place: when a ticket runs this step")] = None
    occurrence: Annotated[Positive, meaning("which ticket: the n-th by arrival of those that pass the step")] = 1
    window: Annotated[
        Window,
        meaning("where in the step: before its message, after its message and before its record, or after its record"),
    ] = Window.BEFORE_EFFECT
    visit: Annotated[Positive, meaning("which visit, where a ticket comes to the step several times")] = 1

    def validate_keys(self) -> list[tuple[str, str]]:
        """Return what is unclear about the moment, as (key of the fault, message) pairs."""
        triggers = [name for name in ("after", "progress", "step") if getattr(self, name) is not None]
        if len(triggers) != 1:
            given = " and ".join(triggers) or "none of them"
            return [("when", f"when: expected exactly one of after, progress, step; found {given}")]
        mistakes = []
        if self.fault is not None and self.after is None:
            what = f"when: fault goes with after only: expected after, found {triggers[0]}"
            mistakes.append(("when", what))
        if self.fault is not None and (self.every is not None or self.times > 1):
            what = "when: a fault that follows another strikes once: expected neither every nor times beside fault"
            mistakes.append(("when", f"{what}, found {'every' if self.every is not None else 'times'}"))
        if self.after is None and (self.every is not None or self.times > 1):
            mistakes.append(("when", f"when: every and times go with after only: expected after, found {triggers[0]}"))
        if self.after is not None and (self.every is None) != (self.times == 1):
            alone = "times" if self.every is None else "every"
            mistakes.append(("when", f"when: every and times (above 1) go together: expected both, found {alone} only"))
        if self.step is None and (self.occurrence, self.visit, self.window) != (1, 1, Window.BEFORE_EFFECT):
            place = "occurrence, visit and window go with step only"
            mistakes.append(("when", f"when: {place}: expected step, found {triggers[0]}"))
        if self.progress == 0:
            mistakes.append(("when.progress", "when.progress: expected more than 0%, found 0%"))
        return mistakes
