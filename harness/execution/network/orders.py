"""What a proxy is told to do with a link, and what it counts meanwhile."""

from typing import Literal

import msgspec

NetworkMode = Literal["hold", "lose", "reset", "refuse", "slow"]
Way = Literal["up", "down"]
"""Up is from who connected to who listens."""
DIRECTIONS: dict[str, tuple[Way, ...]] = {"both": ("up", "down"), "up": ("up",), "down": ("down",)}


class Cut(msgspec.Struct, frozen=True):
    """What happens to a link for `fault`; a slow one takes `delay_s` each way, and `rate` bytes/s (None: any)."""

    fault: str
    mode: NetworkMode
    direction: Literal["both", "up", "down"] = "both"
    delay_s: float = 0.0
    rate: float | None = None

    def affects(self, way: Way) -> bool:
        """Say whether bytes that go this way are concerned."""
        return way in DIRECTIONS[self.direction]


class Damage(msgspec.Struct):
    """What a cut did to a link so far: bytes that it held, lost or slowed, connections that it broke or refused.

    `held` is what waits at the moment of healing; `dead` counts the connections that lost a byte, and so are dead.
    """

    held: int = 0
    lost: int = 0
    slowed: int = 0
    dead: int = 0
    broken: int = 0
    refused: int = 0
