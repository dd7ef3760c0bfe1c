"""Profiles as numbers: time-outs, heartbeats and retries of every step, and the engine's own settings. Pure.

`default` is what the SDK does by itself, with the one time-out that a user must choose. `tuned` is the best honest
configuration on any cluster: every step has a heartbeat, as each waits or does I/O, and a start-to-close above all
that its own I/O may take, so that a dead worker is found soon and slow work is never overtaken. `tuned_engine` also
sets how late the engine may look at its timers, which only an operator of the server can do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from systems.desk.limits import BUSY_TIMEOUT_S, DeskTimes
from systems.desk.model import GROUP_OF, Group, Step

SDK_STICKY_S = 10.0
SDK_TASK_TIMEOUT_S = 10.0
SDK_KEEP_ALIVE_S = (30.0, 15.0)
ENGINE_TIMER_SHIFT_S = 1.0
STORE_WAITS = 3
"""How often a step may wait for a lock of the store: to open its ticket, to change an agent's row, to record."""
MARGIN_S = 5.0
"""What lies between a step's own limits and its start-to-close."""
ABOVE_OWN_LIMITS = f"`step_time` + `io_timeout` + {STORE_WAITS} × {BUSY_TIMEOUT_S:g} s for locks + {MARGIN_S:g} s"
"""How a start-to-close that follows from a step's own limits is explained (`limit_s` says it in full)."""
A_TENTH_S = 0.1
SILENT_STEPS = frozenset({Step.AGENT_INVESTIGATE, Step.AGENT_RESOLVE})


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """Time-outs and retries of one step, in seconds; no maximum of attempts, permanent errors are never retried."""

    start_to_close: float
    heartbeat: float | None = None
    retry_initial: float = 1.0
    retry_max: float = 100.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile chooses; a `start_to_close` of None follows from each step's own limits.

    `is_exact`: the block itself set the start-to-close, which then holds for every step as it is. `compression` is of
    the calls between engine, workers and clients; `keep_alive` is how often a connection is tried, and how long an
    answer to that may take, both.
    """

    start_to_close: float | None
    heartbeat: float | None
    sticky: float = SDK_STICKY_S
    task_timeout: float | None = None
    heartbeat_throttle: float | None = None
    timer_shift: float | None = None
    retry_quick: tuple[float, float] = (1.0, 100.0)
    retry_engineering: tuple[float, float] = (1.0, 100.0)
    compression: Literal["none", "gzip"] = "gzip"
    keep_alive: float | None = None
    is_exact: bool = False

    @property
    def task_timeout_s(self) -> float:
        """How long a workflow task may take: the profile's, else the SDK's."""
        return SDK_TASK_TIMEOUT_S if self.task_timeout is None else self.task_timeout

    @property
    def keep_alive_s(self) -> tuple[float, float]:
        """How often a connection is tried, and how long the answer may take: the profile's, else the SDK's."""
        return SDK_KEEP_ALIVE_S if self.keep_alive is None else (self.keep_alive, self.keep_alive)

    @property
    def timer_shift_s(self) -> float:
        """How late the engine may look at its timers: the profile's, else the server's own."""
        return ENGINE_TIMER_SHIFT_S if self.timer_shift is None else self.timer_shift


PROFILES: dict[str, Profile] = {
    "default": Profile(start_to_close=10.0, heartbeat=None),
    # Measured with one of two workers killed: the waits for the sticky time-out, the heartbeat and the task time-out
    # add up, so all three are set. A heartbeat of 0.5 s with a tight throttle made whole runs 1.4 to 1.7 times as long,
    # hence 1 s. Trying connections every second broke none in 200 tickets without a fault, on a machine that had five
    # times more to do than it could.
    "tuned": Profile(
        start_to_close=None,
        heartbeat=1.0,
        sticky=0.5,
        task_timeout=2.0,
        heartbeat_throttle=0.2,
        keep_alive=1.0,
        compression="none",
        retry_quick=(0.2, 5.0),
        retry_engineering=(0.5, 10.0),
    ),
    # The engine looks at its timers up to 1 s late, which no shorter time-out makes up for: only with that set, too, do
    # the smaller numbers here pay.
    "tuned_engine": Profile(
        start_to_close=None,
        heartbeat=1.0,
        sticky=0.2,
        task_timeout=1.0,
        heartbeat_throttle=0.2,
        keep_alive=1.0,
        timer_shift=0.01,
        compression="none",
        retry_quick=(0.1, 5.0),
        retry_engineering=(0.3, 10.0),
    ),
}


def presets() -> dict[str, dict[str, str]]:
    """Return what each profile sets, as people read it: by the name of a time-out, by profile."""
    rows: dict[str, Callable[[Profile], str]] = {
        "start-to-close": lambda profile: (
            ABOVE_OWN_LIMITS if profile.start_to_close is None else shown(profile.start_to_close)
        ),
        "heartbeat time-out": lambda profile: (
            "none" if profile.heartbeat is None else f"{shown(profile.heartbeat)}, every step"
        ),
        "first retry after": lambda profile: shown(profile.retry_quick[0]),
        "first retry after, engineering": lambda profile: shown(profile.retry_engineering[0]),
        "longest wait for a retry": lambda profile: shown(profile.retry_quick[1]),
        "longest wait for a retry, engineering": lambda profile: shown(profile.retry_engineering[1]),
        "sticky time-out": lambda profile: shown(profile.sticky),
        "workflow task time-out": lambda profile: shown(profile.task_timeout_s),
        "engine's timers late by at most": lambda profile: shown(profile.timer_shift_s),
        "connection tried every, answered within": lambda profile: ", ".join(map(shown, profile.keep_alive_s)),
        "gRPC compression": lambda profile: profile.compression,
    }
    return {row: {name: value(profile) for name, profile in PROFILES.items()} for row, value in rows.items()}


def policy_of(profile: Profile, step: Step, times: DeskTimes) -> StepPolicy:
    """Return the policy of one step; a step that waits for an agent may take longer than its own time."""
    initial, most = profile.retry_engineering if GROUP_OF[step] is Group.ENGINEERING else profile.retry_quick
    start_to_close = profile.start_to_close
    if start_to_close is None:
        start_to_close = limit_s(step, times) + MARGIN_S
    heartbeat = profile.heartbeat
    if profile.is_exact and heartbeat is not None and heartbeat >= start_to_close:
        heartbeat = None  # the step is over before one is missed
    return StepPolicy(start_to_close, heartbeat, initial, most)


def limit_s(step: Step, times: DeskTimes) -> float:
    """Return how long a step may take that nothing is wrong with, by its own limits: it is slow then, not dead."""
    takes_s = times.step_time[step]
    waits_s = max(takes_s, times.agent_timeout_s) if step in SILENT_STEPS else takes_s
    return waits_s + times.io_timeout_s + STORE_WAITS * BUSY_TIMEOUT_S


def policies(profile: Profile, times: DeskTimes) -> dict[Step, StepPolicy]:
    """Return every step's policy."""
    return {step: policy_of(profile, step, times) for step in Step}


def shown(seconds: float) -> str:
    """Return a time as people read it."""
    return f"{seconds:g} s" if seconds >= A_TENTH_S else f"{seconds * 1000:g} ms"
