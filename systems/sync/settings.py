"""What a scenario may set of the synchronous service."""

import msgspec

from systems.desk.units import Count, Positive


class SyncSettings(msgspec.Struct, frozen=True, tag_field="system", tag="sync"):
    """A block of `systems:` with `system: sync`. `retries`: in-process retries of a failed step, with backoff."""

    processes: Positive = 2
    threads: Positive = 8
    retries: Count = 0
