"""The phases of a repetition, as its records name them."""

from enum import StrEnum


class RunPhase(StrEnum):
    """What a repetition enters, in this order; each value is what stands in a `Phase` record.

    Instead of what follows it come `canary_failed` (then no load is put on, and the export is next) and `deadline`;
    `idle` is there where tickets were paused. Instead of `end`, `failed` and `interrupted` say how it broke off.
    """

    START = "start"
    CANARY = "canary"
    CANARY_FAILED = "canary_failed"
    LOAD = "load"
    SETTLE = "settle"
    QUIET = "quiet"
    DEADLINE = "deadline"
    IDLE = "idle"
    EXPORT = "export"
    END = "end"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
