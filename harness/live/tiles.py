"""The processes of a system as tiles: what state each is in, and its CPU over the last minute."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import psutil

from harness.processes.supervisor_client import Owned, SupervisorClient

MINUTE_S = 60
SHOWN_ROLES = ("worker", "engine", "database", "receiver")


@dataclass(slots=True)
class Meter:
    """What one process used: `shares` of a core, second by second."""

    process: psutil.Process | None
    spent_s: float = 0.0
    read_at: float = 0.0
    rss_bytes: int = 0
    shares: deque[float] = field(default_factory=lambda: deque(maxlen=MINUTE_S))

    def read(self, now_s: float) -> None:
        """Read what was used since the last time; a process that is gone uses nothing."""
        spent_s = self.spent_s
        self.rss_bytes = 0
        if self.process is not None:
            try:
                times = self.process.cpu_times()
                spent_s, self.rss_bytes = float(times.user + times.system), int(self.process.memory_info().rss)
            except psutil.Error:
                self.process = None
        if self.read_at:
            self.shares.append(round(max(0.0, spent_s - self.spent_s) / max(0.001, now_s - self.read_at), 4))
        self.spent_s, self.read_at = spent_s, now_s


@dataclass(slots=True)
class Tiles:
    """One tile for each place of a process: a replacement goes on with its predecessor's line."""

    supervisor: SupervisorClient
    _meters: dict[str, Meter] = field(default_factory=dict)
    _lines: dict[tuple[str, int], deque[float]] = field(default_factory=dict)

    def read(self, now_s: float) -> None:
        """Take a reading of every process that lives or has just died."""
        for place, owned in self._places().items():
            meter = self._meters.get(owned.proc)
            if meter is None:
                meter = self._meters[owned.proc] = Meter(_process(owned))
                meter.shares = self._lines.setdefault(place, meter.shares)
            meter.read(now_s)

    def _places(self) -> dict[tuple[str, int], Owned]:
        """Return the latest process of each role and index."""
        return {
            (owned.spec.role, owned.spec.index): owned
            for owned in self.supervisor.owned.values()
            if owned.spec.role in SHOWN_ROLES
        }

    def shown(self, tickets_of: dict[str, list[str]]) -> list[dict[str, Any]]:
        """Return the tiles, as a page shows them; `tickets_of` says what each process has under way."""
        places = sorted(self._places().items(), key=lambda place: (SHOWN_ROLES.index(place[0][0]), place[0][1]))
        return [self._tile(owned, tickets_of.get(owned.proc, [])) for _, owned in places]

    def _tile(self, owned: Owned, tickets: list[str]) -> dict[str, Any]:
        meter = self._meters.get(owned.proc)
        return {
            "role": owned.spec.role,
            "index": owned.spec.index,
            "proc": owned.proc,
            "state": state_of(owned),
            "tickets": tickets,
            "cpu": [] if meter is None else list(meter.shares),
            "rss_bytes": 0 if meter is None else meter.rss_bytes,
        }


def state_of(owned: Owned) -> str:
    """Say how a process is."""
    if owned.exited is not None:
        return "dead"
    if owned.is_stopped:
        return "frozen"
    return "alive" if owned.ready is not None or owned.is_relied_on else "starting"


def _process(owned: Owned) -> psutil.Process | None:
    try:
        return psutil.Process(int(owned.proc.partition("-")[0]))
    except psutil.Error:
        return None
