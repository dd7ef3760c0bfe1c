"""Profiles as numbers: time-outs, heartbeats and retries of every step, and the engine's own settings. Pure.

`default` is what the SDK does by itself, with the one time-out that a user must choose. `tuned` is the best honest
configuration on any cluster: every step has a heartbeat, as each waits or does I/O, and a start-to-close above all
that its own I/O may take, so that a dead worker is found soon and slow work is never overtaken. `tuned_engine` also
sets how late the engine may look at its timers, which only whoever runs the server can do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import BUSY_TIMEOUT_S, IO_TIMEOUT_S
from systems.desk.model import GROUP_OF, MESSAGES, Group, Step
from systems.temporal.settings import TemporalSettings

SDK_STICKY_S = 10.0
SDK_TASK_TIMEOUT_S = 10.0
ENGINE_TIMER_SHIFT_S = 1.0
OWN_TIME_OUTS = ("start_to_close", "heartbeat", "sticky")
OWN_TIMES = (*OWN_TIME_OUTS, "retry_interval")
"""What a block may set for itself, in place of its profile."""
STORE_WAITS = 3
"""How often a step may wait for a lock of the store: to open its ticket, to change an agent's row, to record."""
MARGIN_S = 5.0
"""What lies between a step's own limits and its start-to-close."""
A_TENTH_S = 0.1
MANY = 50
"""More failures than any run waits for: retries that double have long reached their longest interval."""
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
    the calls between engine, workers and clients.
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
    is_exact: bool = False


PROFILES: dict[str, Profile] = {
    "default": Profile(start_to_close=10.0, heartbeat=None),
    "tuned": Profile(
        start_to_close=None,
        heartbeat=1.0,
        sticky=0.5,
        task_timeout=2.0,
        heartbeat_throttle=0.2,
        compression="none",
        retry_quick=(0.2, 5.0),
        retry_engineering=(0.5, 10.0),
    ),
    "tuned_engine": Profile(
        start_to_close=None,
        heartbeat=1.0,
        sticky=0.2,
        task_timeout=1.0,
        heartbeat_throttle=0.2,
        timer_shift=0.01,
        compression="none",
        retry_quick=(0.1, 5.0),
        retry_engineering=(0.3, 10.0),
    ),
}


def profile_of(settings: TemporalSettings) -> Profile:
    """Return the profile as the block's own times change it."""
    base = PROFILES[settings.profile]
    given = {key: getattr(settings, key) for key in OWN_TIME_OUTS if getattr(settings, key) is not None}
    changed = replace(base, **given, is_exact="start_to_close" in given)
    if settings.retry_interval is None:
        return changed
    return replace(
        changed,
        retry_quick=_beginning_with(settings.retry_interval, base.retry_quick),
        retry_engineering=_beginning_with(settings.retry_interval, base.retry_engineering),
    )


def _beginning_with(initial: float, intervals: tuple[float, float]) -> tuple[float, float]:
    return initial, max(initial, intervals[1])


def policy_of(
    profile: Profile, step: Step, step_time_s: float, agent_timeout_s: float, io_timeout_s: float = IO_TIMEOUT_S
) -> StepPolicy:
    """Return the policy of one step that takes `step_time_s`; a step that waits for an agent may take longer."""
    initial, most = profile.retry_engineering if GROUP_OF[step] is Group.ENGINEERING else profile.retry_quick
    start_to_close = profile.start_to_close
    if start_to_close is None:
        start_to_close = limit_s(step, step_time_s, agent_timeout_s, io_timeout_s) + MARGIN_S
    heartbeat = profile.heartbeat
    if profile.is_exact and heartbeat is not None and heartbeat >= start_to_close:
        heartbeat = None  # the step is over before one is missed
    return StepPolicy(start_to_close, heartbeat, initial, most)


def limit_s(step: Step, step_time_s: float, agent_timeout_s: float, io_timeout_s: float = IO_TIMEOUT_S) -> float:
    """Return how long a step may take that nothing is wrong with, by its own limits: it is slow then, not dead."""
    waits_s = max(step_time_s, agent_timeout_s) if step in SILENT_STEPS else step_time_s
    return waits_s + io_timeout_s + STORE_WAITS * BUSY_TIMEOUT_S


def policies(
    settings: TemporalSettings,
    step_time: Mapping[str, float],
    agent_timeout_s: float,
    io_timeout_s: float = IO_TIMEOUT_S,
) -> dict[Step, StepPolicy]:
    """Return every step's policy."""
    profile = profile_of(settings)
    return {step: policy_of(profile, step, step_time[step], agent_timeout_s, io_timeout_s) for step in Step}


def detection_s(settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
    """Return how long it may take until a dead worker's work goes on elsewhere.

    Its time-outs run side by side, so the longest counts; then comes the retry, and the engine's timers may be late.
    """
    profile = profile_of(settings)
    table = policies(settings, step_time, agent_timeout_s).values()
    noticed = max(one.start_to_close if one.heartbeat is None else one.heartbeat for one in table)
    retried = max(one.retry_initial for one in table)
    return max(noticed, profile.sticky, _task_timeout(profile)) + retried + _timer_shift(profile)


def retry_s(settings: TemporalSettings, failures: int, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
    """Return how long the retries of a step that fails so often wait, together; each waits twice as long as before."""
    table = policies(settings, step_time, agent_timeout_s).values()
    intervals = {(one.retry_initial, one.retry_max) for one in table}
    return max(sum(min(first * 2.0**n, most) for n in range(min(failures, MANY))) for first, most in intervals)


def patience_s(settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
    """Return the shortest time after which a step that says nothing is taken for dead, beyond its own step time."""
    table = policies(settings, step_time, agent_timeout_s)
    return min(
        one.start_to_close - step_time[step] if one.heartbeat is None else one.heartbeat for step, one in table.items()
    )


def problems(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> list[tuple[str, str]]:
    """Return what cannot work, as (key of the block, message) pairs."""
    nothing = [key for key in OWN_TIMES if getattr(settings, key) == 0]
    found = [(key, f"{key}: expected more than 0s, found 0s") for key in nothing]
    if settings.layout == "per_group" and settings.processes < len(Group):
        found.append(
            ("layout", f"per_group: expected at least {len(Group)} processes, one a group; found {settings.processes}")
        )
    if nothing:
        return found
    return [*found, *_steps_too_long(settings, step_time, agent_timeout_s), *_useless_heartbeat(settings)]


def _steps_too_long(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> Iterator[tuple[str, str]]:
    table = policies(settings, step_time, agent_timeout_s)
    too_long = [step for step, policy in table.items() if step_time[step] >= policy.start_to_close]
    if too_long:
        key = "start_to_close" if settings.start_to_close is not None else "profile"
        limit = f"expected every step_time below start-to-close, {table[too_long[0]].start_to_close:g} s"
        steps = "every step" if len(too_long) == len(table) else ", ".join(too_long)
        yield key, f"{limit}; found {step_time[too_long[0]]:g} s for {steps}"


def _useless_heartbeat(settings: TemporalSettings) -> Iterator[tuple[str, str]]:
    """Refuse a heartbeat that can never help, as its step is over before one is missed."""
    limit = profile_of(settings).start_to_close
    if settings.heartbeat is not None and limit is not None and settings.heartbeat >= limit:
        yield "heartbeat", f"heartbeat: expected less than start-to-close, {limit:g} s; found {settings.heartbeat:g} s"


def follows_from(
    settings: TemporalSettings,
    step_time: Mapping[str, float],
    agent_timeout_s: float,
    io_timeout_s: float = IO_TIMEOUT_S,
) -> dict[str, float | str]:
    """Return what recovery follows from, in seconds, by its name for people."""
    profile = profile_of(settings)
    table = policies(settings, step_time, agent_timeout_s, io_timeout_s)
    facts: dict[str, float | str] = {"start-to-close": max(one.start_to_close for one in table.values())}
    beats = [one.heartbeat for one in table.values() if one.heartbeat is not None]
    if beats:
        facts["heartbeat"] = max(beats)
    facts["retry interval"] = table[next(iter(MESSAGES))].retry_initial
    facts["sticky time-out"] = profile.sticky
    facts["task time-out"] = _task_timeout(profile)
    facts["engine timer shift"] = _timer_shift(profile)
    return facts


def _task_timeout(profile: Profile) -> float:
    return SDK_TASK_TIMEOUT_S if profile.task_timeout is None else profile.task_timeout


def _timer_shift(profile: Profile) -> float:
    return ENGINE_TIMER_SHIFT_S if profile.timer_shift is None else profile.timer_shift


def cause(
    settings: TemporalSettings,
    fault: FaultMode,
    step: str,
    step_time: Mapping[str, float],
    agent_timeout_s: float,
    io_timeout_s: float = IO_TIMEOUT_S,
) -> str:
    """Say what resuming after a `fault` that broke `step` follows from: every wait, in the order in which they pass.

    Who hangs in a live process goes on beating, so that only the start-to-close finds him.
    """
    policy = policies(settings, step_time, agent_timeout_s, io_timeout_s)[Step(step)]
    timer = f"engine timer ≤ {_shown(_timer_shift(profile_of(settings)))}"
    if fault == FaultMode.TRANSIENT:
        return f"retry interval {_shown(policy.retry_initial)} + {timer}"
    if policy.heartbeat is None or fault == FaultMode.HANG:
        found = f"start-to-close {_shown(policy.start_to_close)}"
    else:
        found = f"heartbeat {_shown(policy.heartbeat)}"
    return f"{found} + {timer} + retry {_shown(policy.retry_initial)} + queue"


def _shown(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= A_TENTH_S else f"{seconds * 1000:g} ms"
