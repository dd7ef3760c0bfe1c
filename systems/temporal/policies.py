"""Profiles as numbers: time-outs, heartbeats and retries of every step, and the engine's own settings. Pure.

`default` is what the SDK does by itself, with the one time-out that a user must choose. `tuned` is the best honest
configuration on any cluster. `tuned_engine` also sets how late the engine may look at its timers, which only
whoever runs the server can do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from systems.desk.model import GROUP_OF, MESSAGES, Group, Step
from systems.temporal.settings import TemporalSettings

SDK_STICKY_S = 10.0
SDK_TASK_TIMEOUT_S = 10.0
ENGINE_TIMER_SHIFT_S = 1.0
OWN_TIME_OUTS = ("start_to_close", "heartbeat", "sticky")
"""What a block may set for itself, in place of its profile."""
MANY = 50
"""More failures than any run waits for: retries that double have long reached their longest interval."""
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
    """What a profile chooses. `short` is the margin of a short step's start-to-close beyond its step time.

    `is_exact`: the block itself set the start-to-close, which then holds for every step as it is.
    """

    start_to_close: float
    heartbeat: float | None
    sticky: float = SDK_STICKY_S
    task_timeout: float | None = None
    heartbeat_throttle: float | None = None
    timer_shift: float | None = None
    short: float | None = None
    retry_quick: tuple[float, float] = (1.0, 100.0)
    retry_engineering: tuple[float, float] = (1.0, 100.0)
    is_exact: bool = False


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
    given = {key: getattr(settings, key) for key in OWN_TIME_OUTS if getattr(settings, key) is not None}
    return replace(base, **given, is_exact="start_to_close" in given)


def policy_of(profile: Profile, step: Step, step_time_s: float, agent_timeout_s: float) -> StepPolicy:
    """Return the policy of one step that takes `step_time_s`; a step that waits for an agent may take longer."""
    initial, most = profile.retry_engineering if GROUP_OF[step] is Group.ENGINEERING else profile.retry_quick
    heartbeat = profile.heartbeat if _beats(profile, step, step_time_s) else None
    if profile.is_exact:
        start_to_close = profile.start_to_close
    elif heartbeat is not None:
        longest = step_time_s + (agent_timeout_s if step in SILENT_STEPS else 0.0)
        start_to_close = max(profile.start_to_close, 2 * longest)
    else:
        start_to_close = profile.start_to_close if profile.short is None else profile.short + step_time_s
    return StepPolicy(start_to_close, heartbeat, initial, most)


def _beats(profile: Profile, step: Step, step_time_s: float) -> bool:
    """Say whether a step has a heartbeat: it waits for an agent or takes longer, and is found dead sooner so."""
    if profile.heartbeat is None or (profile.is_exact and profile.heartbeat >= profile.start_to_close):
        return False
    return step in BEATING_STEPS or step_time_s > profile.heartbeat


def policies(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> dict[Step, StepPolicy]:
    """Return every step's policy."""
    profile = profile_of(settings)
    return {step: policy_of(profile, step, step_time[step], agent_timeout_s) for step in Step}


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
    found = [(key, f"{key}: expected more than 0s, found 0s") for key in OWN_TIME_OUTS if getattr(settings, key) == 0]
    if settings.layout == "per_group" and settings.processes < len(Group):
        found.append(
            ("layout", f"per_group: expected at least {len(Group)} processes, one a group; found {settings.processes}")
        )
    if any(getattr(settings, key) == 0 for key in OWN_TIME_OUTS):
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
    if settings.heartbeat is not None and settings.heartbeat >= limit:
        yield "heartbeat", f"heartbeat: expected less than start-to-close, {limit:g} s; found {settings.heartbeat:g} s"


def follows_from(
    settings: TemporalSettings, step_time: Mapping[str, float], agent_timeout_s: float
) -> dict[str, float]:
    """Return what recovery follows from, in seconds, by its name for people."""
    profile = profile_of(settings)
    table = policies(settings, step_time, agent_timeout_s)
    quick = [one.start_to_close for one in table.values() if one.heartbeat is None]
    facts = {"start-to-close": max(quick, default=profile.start_to_close)}
    if profile.heartbeat is not None and len(quick) < len(table):
        facts["heartbeat"] = profile.heartbeat
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
    settings: TemporalSettings, fault: str, step: str, step_time: Mapping[str, float], agent_timeout_s: float
) -> str:
    """Say which time-out or interval resuming after a `fault` that broke `step` follows from."""
    policy = policies(settings, step_time, agent_timeout_s)[Step(step)]
    if fault == "transient":
        return f"retry interval {policy.retry_initial:g} s"
    if policy.heartbeat is not None:
        return f"heartbeat {policy.heartbeat:g} s"
    return f"start-to-close {policy.start_to_close:g} s"
