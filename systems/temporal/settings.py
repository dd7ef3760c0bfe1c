"""What a scenario may set of the Temporal system (profiles become numbers in `policies`)."""

from typing import Literal

import msgspec

from systems.desk.units import Duration, Positive


class TemporalSettings(msgspec.Struct, frozen=True, tag_field="system", tag="temporal"):
    """A block of `systems:` with `system: temporal`. None leaves a time-out to the profile."""

    processes: Positive = 2
    threads: Positive = 8
    layout: Literal["combined", "per_group"] = "combined"
    profile: Literal["default", "tuned", "tuned_engine"] = "default"
    start_to_close: Duration | None = None
    heartbeat: Duration | None = None
    sticky: Duration | None = None
    server: Literal["embedded", "external"] = "embedded"
