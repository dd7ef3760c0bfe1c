"""What every worker is told: the desk's numbers, and where its store and its receiver are."""

from typing import Annotated, Any, Literal

import msgspec

from systems.desk.limits import IO_TIMEOUT_S, DeskTimes
from systems.desk.outcomes import Outcomes
from systems.desk.points import MeetingSpec, PointSpec
from systems.desk.units import meaning

Locking = Literal["none", "optimistic", "atomic"]


class Safeguards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How repeats and races are guarded against, alike in every system."""

    idempotency: Annotated[
        bool, meaning("each message carries an idempotency key, by which the receiver drops repeats")
    ] = False
    locking: Annotated[
        Locking,
        meaning(
            "how a write is guarded: not at all, by a version that refuses stale writes, or in one atomic statement"
        ),
    ] = "atomic"


class DeskConfig(msgspec.Struct, frozen=True):
    """The desk of one system and repetition. `step_time_s` names every step; `io_timeout_s` is of one call outside."""

    seed: int
    outcomes: Outcomes
    safeguards: Safeguards
    step_time_s: dict[str, float]
    regular_agents: int
    senior_agents: int
    agent_timeout_s: float
    agent_poll_s: float
    io_timeout_s: float = IO_TIMEOUT_S

    def times(self) -> DeskTimes:
        """Return how long work takes at this desk."""
        return DeskTimes(self.step_time_s, self.agent_timeout_s, self.io_timeout_s)


class WorkerSpec(msgspec.Struct, frozen=True):
    """Everything a worker process needs, as a JSON file in its repetition's folder.

    Paths are absolute. `settings` is the system's own block; `extra` what its start found out (an engine's
    address, a namespace). Workers send effects to `receiver_url`, write their journals into `journal_dir`,
    take point tokens in `points_dir`, and drain for at most `grace_s` after SIGTERM
    (somewhat longer than their faults leave them, so that none gives up just before it is killed). `routes` are
    addresses ("host:port") that a worker connects to in place of others, by "hop/index". `late_points` is a file to
    which points may be added while workers run; empty: none will be.
    """

    label: str
    desk: DeskConfig
    points: tuple[PointSpec, ...]
    meetings: tuple[MeetingSpec, ...]
    database_url: str
    receiver_url: str
    journal_dir: str
    points_dir: str
    grace_s: float
    settings: dict[str, Any]
    extra: dict[str, Any] = {}
    late_points: str = ""
    routes: dict[str, str] = {}

    def routed(self, hop: str, index: int, url: str) -> str:
        """Return the URL, or "host:port", that the `index`-th worker connects to over a hop in place of `url`."""
        route = self.routes.get(f"{hop}/{index}")
        if route is None:
            return url
        scheme, sign, rest = url.rpartition("://")
        place, slash, path = rest.partition("/")
        user, at, _ = place.rpartition("@")
        return f"{scheme}{sign}{user}{at}{route}{slash}{path}"
