"""activity_failure: an execution of a step fails, or is held, in one of its windows."""

from typing import Literal

import msgspec

from harness.faults.fault import FaultSpec
from systems.desk.model import Step, Window
from systems.desk.units import Duration, Positive, Share


class TicketShare(msgspec.Struct, frozen=True):
    """A seeded share of the tickets whose path has the step, rounded to the nearest, at least one."""

    share: Share


class ActivityFailure(FaultSpec, frozen=True, tag="activity_failure"):
    """Keys of an `activity_failure` block; `duration` is for `error: hang`."""

    step: Step
    tickets: Literal["all"] | TicketShare | tuple[Positive, ...] = "all"
    error: Literal["transient", "permanent", "hang"] = "transient"
    attempts: Positive = 1
    window: Window = Window.BEFORE_EFFECT
    duration: Duration | None = None
