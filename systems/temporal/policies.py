"""Profiles as numbers: time-outs, heartbeats and retries of every step, and the engine's own settings. Pure.

`default` is what the SDK does by itself, with the one time-out that a user must choose. `tuned` is the best honest
configuration on any cluster. `tuned_engine` also sets how late the engine may look at its timers, which only
whoever runs the server can do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from systems.desk.model import GROUP_OF, MESSAGES, Group, Step
from systems.temporal.settings import TemporalSettings

SDK_STICKY_S = 10.0
SDK_TASK_TIMEOUT_S = 10.0
ENGINE_TIMER_SHIFT_S = 1.0
SILENT_STEPS = frozenset({Step.AGENT_INVESTIGATE, Step.AGENT_RESOLVE})
BEATING_STEPS = SILENT_STEPS | {Step.APPLY_URGENT_FIX}


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """Time-outs and retries of one step, in seconds; no maximum of attempts, permanent errors are never retried."""

    start_to_close: float
    heartbeat: float | None = None
    retry_initial: float = 1.0
    retry_max: float = 100.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile chooses. `short` is the margin of a short step's start-to-close beyond its step time."""

    start_to_close: float
    heartbeat: float | None
    sticky: float = SDK_STICKY_S
    task_timeout: float | None = None
    heartbeat_throttle: float | None = None
    timer_shift: float | None = None
    short: float | None = None
    retry_quick: tuple[float, float] = (1.0, 100.0)
    retry_engineering: tuple[float, float] = (1.0, 100.0)


PROFILES: dict[str, Profile] = {
    "default": Profile(start_to_close=10.0, heartbeat=None),
    "tuned": Profile(
        start_to_close=30.0,
        heartbeat=1.0,
        sticky=0.5,
        task_timeout=2.0,
        heartbeat_throttle=0.2,
        short=1.5,
        retry_quick=(0.2, 5.0),
        retry_engineering=(0.5, 10.0),
    ),
    "tuned_engine": Profile(
        start_to_close=30.0,
        heartbeat=0.5,
        sticky=0.2,
        task_timeout=1.0,
        heartbeat_throttle=0.1,
        timer_shift=0.01,
        short=1.0,
        retry_quick=(0.1, 5.0),
        retry_engineering=(0.3, 10.0),
    ),
}


def profile_of(settings: TemporalSettings) -> Profile:
    """Return the profile as the block's own time-outs change it."""
    base = PROFILES[settings.profile]
    return Profile(
        start_to_close=settings.start_to_close or base.start_to_close,
        heartbeat=settings.heartbeat or base.heartbeat,
        sticky=settings.sticky if settings.sticky is not None else base.sticky,
        task_timeout=base.task_timeout,
        heartbeat_throttle=base.heartbeat_throttle,
        timer_shift=base.timer_shift,
        short=None if settings.start_to_close is not None else base.short,
        retry_quick=base.retry_quick,
        retry_engineering=base.retry_engineering,
    )


def policy_of(profile: Profile, step: Step, step_time_s: float, agent_timeout_s: float) -> StepPolicy:
    """Return the policy of one step that takes `step_time_s`; a step that waits for an agent may take longer."""
    initial, most = profile.retry_engineering if GROUP_OF[step] is Group.ENGINEERING else profile.retry_quick
    heartbeat = profile.heartbeat
    beats = heartbeat is not None and (step in BEATING_STEPS or step_time_s > heartbeat)
    if beats:
        longest = step_time_s + (agent_timeout_s if step in SILENT_STEPS else 0.0)
        return StepPolicy(max(profile.start_to_close, 2 * longest), heartbeat, initial, most)
    start_to_close = profile.start_to_close if profile.short is None else profile.short + step_time_s
    return StepPolicy(start_to_close, None, initial, most)


def policies(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> dict[Step, StepPolicy]:
    """Return every step's policy."""
    profile = profile_of(settings)
    return {step: policy_of(profile, step, step_time[step], agent_timeout_s) for step in Step}


def detection_s(settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
    """Return the longest time until a dead worker's work goes on elsewhere: every wait that can add up."""
    profile = profile_of(settings)
    shift = profile.timer_shift if profile.timer_shift is not None else ENGINE_TIMER_SHIFT_S
    table = policies(settings, step_time, agent_timeout_s).values()
    noticed = max(one.heartbeat or one.start_to_close for one in table)
    retried = max(one.retry_initial for one in table)
    return noticed + retried + 2 * shift + profile.sticky + (profile.task_timeout or SDK_TASK_TIMEOUT_S)


def patience_s(settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float) -> float:
    """Return the shortest time after which a step that says nothing is taken for dead, beyond its own step time."""
    table = policies(settings, step_time, agent_timeout_s)
    return min(one.heartbeat or one.start_to_close - step_time[step] for step, one in table.items())


def problems(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> list[tuple[str, str]]:
    """Return what cannot work, as (key of the block, message) pairs."""
    found = []
    if settings.layout == "per_group" and settings.processes < len(Group):
        found.append(
            ("layout", f"per_group needs at least {len(Group)} processes, one a group; found {settings.processes}")
        )
    table = policies(settings, step_time, agent_timeout_s)
    too_long = [step for step, policy in table.items() if step_time[step] >= policy.start_to_close]
    if too_long:
        key = "start_to_close" if settings.start_to_close is not None else "profile"
        limit = f"expected every step_time below start-to-close, {table[too_long[0]].start_to_close:g} s"
        found.append((key, f"{limit}; found {step_time[too_long[0]]:g} s for {', '.join(too_long)}"))
    if settings.heartbeat and settings.heartbeat >= profile_of(settings).start_to_close:
        found.append(("heartbeat", "expected less than start-to-close, or it can never help"))
    return found


def follows_from(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> dict[str, float]:
    """Return what recovery follows from, in seconds, by its name for people."""
    profile = profile_of(settings)
    table = policies(settings, step_time, agent_timeout_s)
    quick = [one.start_to_close for one in table.values() if one.heartbeat is None]
    facts = {"start-to-close": max(quick, default=profile.start_to_close)}
    if profile.heartbeat is not None:
        facts["heartbeat"] = profile.heartbeat
    facts["retry interval"] = table[next(iter(MESSAGES))].retry_initial
    facts["sticky time-out"] = profile.sticky
    facts["task time-out"] = profile.task_timeout or SDK_TASK_TIMEOUT_S
    facts["engine timer shift"] = profile.timer_shift if profile.timer_shift is not None else ENGINE_TIMER_SHIFT_S
    return facts


def cause(
    settings: TemporalSettings, fault: str, step: str, step_time: Mapping[str, float], agent_timeout_s: float
) -> str:
    """Say which time-out or interval resuming after a `fault` that broke `step` follows from."""
    policy = policies(settings, step_time, agent_timeout_s)[Step(step)]
    if fault == "transient":
        return f"retry interval {policy.retry_initial:g} s"
    if policy.heartbeat is not None:
        return f"heartbeat {policy.heartbeat:g} s"
    return f"start-to-close {policy.start_to_close:g} s"
