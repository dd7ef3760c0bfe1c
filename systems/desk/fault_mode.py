"""How a fault strikes, as far as somebody asks: what resuming waits for depends on it."""

from enum import StrEnum


class FaultMode(StrEnum):
    """What a fault does to the work that it hits; `OTHER` is what nobody asks about.

    Work that is `CUT_OFF` goes on, and nobody who would have to hears of it.
    """

    KILL = "KILL"
    TERM = "TERM"
    ENGINE = "engine"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    HANG = "hang"
    PAUSED_WORKER = "pause worker"
    PAUSED_TICKET = "pause ticket"
    SILENT_AGENT = "pause step"
    SLOW = "slow"
    LOCK = "lock"
    NETWORK = "network"
    CUT_OFF = "cut off"
    THROTTLED = "throttled"
    LOST_ANSWER = "answer"
    RACE = "race"
    STALE_WRITE = "race stale_write"
    OTHER = "other"
