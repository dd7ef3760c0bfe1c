"""What a scenario may set of the Temporal system, and what the system says of itself.

A block chooses a profile (`policies`) and may set some of its times for itself; everything else follows from both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import msgspec

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import DeskTimes
from systems.desk.model import MESSAGES, Group, Step
from systems.desk.units import Duration, Positive, meaning
from systems.settings import Capability
from systems.temporal.policies import PROFILES, Profile, StepPolicy, policies, presets, shown

OWN_TIME_OUTS = ("start_to_close", "heartbeat", "sticky")
OWN_TIMES = (*OWN_TIME_OUTS, "retry_interval")
"""What a block may set for itself, in place of its profile."""
ENOUGH_FAILURES = 50
"""More failures than any run waits for: retries that double have long reached their longest interval."""


class TemporalSettings(msgspec.Struct, frozen=True, tag_field="system", tag="temporal"):
    """A block of `systems:` with `system: temporal`. None leaves a time-out to the profile.

    `start_to_close` holds for every step, exactly; `retry_interval` is how long the first retry of any step waits.
    A workflow that started is accepted, and its steps take a thread each.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.ENGINE, Capability.THROTTLE, Capability.RESUMPTION, Capability.RELEASES}
    )
    acknowledges: ClassVar[Literal["accepted", "done"]] = "accepted"
    thread_holds: ClassVar[Literal["ticket", "step"]] = "step"
    telling: ClassVar[frozenset[str]] = frozenset({"profile"})
    remarks: ClassVar[Mapping[str, str]] = {
        "start_to_close": "the profile's; one that is set here holds for every step, exactly",
        "heartbeat": "the profile's",
        "sticky": "the profile's",
        "retry_interval": "the profile's",
    }

    processes: Annotated[Positive, meaning("worker processes")] = 2
    threads: Annotated[Positive, meaning("threads of each worker for activities; a step holds one while it runs")] = 8
    layout: Annotated[
        Literal["combined", "per_group"],
        meaning("which steps a worker serves: all of them, or those of one group (per_group)"),
    ] = "combined"
    profile: Annotated[
        Literal["default", "tuned", "tuned_engine"],
        meaning("time-outs and retries: the SDK's, tuned for any cluster, or the engine's timers tuned too"),
    ] = "default"
    start_to_close: Annotated[
        Duration | None, meaning("how long one attempt of a step may take before it is given up and retried")
    ] = None
    heartbeat: Annotated[
        Duration | None, meaning("how long a running step may send no heartbeat before its worker is taken for dead")
    ] = None
    sticky: Annotated[
        Duration | None,
        meaning("how long a workflow task waits for the worker that has it cached, before any other may take it"),
    ] = None
    retry_interval: Annotated[
        Duration | None, meaning("how long the first retry of a step waits; twice as long before each further one")
    ] = None
    server: Annotated[
        Literal["embedded", "external"],
        meaning("a dev server that the harness starts, or yours, found by Temporal's environment configuration"),
    ] = "embedded"

    versioning: Annotated[
        Literal["none", "patched", "pinned", "auto_upgrade"],
        meaning(
            "what keeps open tickets from a new release: nothing, `workflow.patched` at the place of change, or worker "
            "versions that a ticket stays on (pinned) or leaves with the next deploy (auto_upgrade)"
        ),
    ] = "none"
    on_nondeterminism: Annotated[
        Literal["wedge", "fail"],
        meaning(
            "what becomes of a ticket whose history a release's code does not come to: it stands still until the code "
            "does (wedge, as the SDK does by itself), or is failed at once"
        ),
    ] = "wedge"

    @property
    def is_versioned(self) -> bool:
        """Whether the engine knows workers by their release."""
        return self.versioning in {"pinned", "auto_upgrade"}

    @staticmethod
    def presets() -> dict[str, dict[str, str]]:
        """Return what each profile sets, by the name of a time-out, by profile."""
        return presets()

    def profile_in_effect(self) -> Profile:
        """Return the profile as the block's own times change it."""
        base = PROFILES[self.profile]
        own_times = {key: getattr(self, key) for key in OWN_TIME_OUTS if getattr(self, key) is not None}
        changed = replace(base, **own_times, is_exact="start_to_close" in own_times)
        if self.retry_interval is None:
            return changed
        return replace(
            changed,
            retry_quick=_beginning_with(self.retry_interval, base.retry_quick),
            retry_engineering=_beginning_with(self.retry_interval, base.retry_engineering),
        )

    def policies(self, times: DeskTimes) -> dict[Step, StepPolicy]:
        """Return every step's time-outs and retries."""
        return policies(self.profile_in_effect(), times)

    # -- what every system says of itself

    def worker_count(self) -> int:
        """Return how many worker processes there are."""
        return self.processes

    def parallel_steps(self) -> int:
        """Return how many steps run at once: one a thread."""
        return self.processes * self.threads

    def detection_s(self, times: DeskTimes) -> float:
        """Return how long it may take until a dead worker's work goes on elsewhere.

        Its time-outs run side by side, so the longest counts; then comes the retry, and the engine's timers may be
        late.
        """
        profile = self.profile_in_effect()
        table = self.policies(times).values()
        noticed = max(policy.start_to_close if policy.heartbeat is None else policy.heartbeat for policy in table)
        retried = max(policy.retry_initial for policy in table)
        return max(noticed, profile.sticky, profile.task_timeout_s) + retried + profile.timer_shift_s

    def retry_s(self, failures: int, times: DeskTimes) -> float:
        """Return how long the retries of a step that fails so often wait; each waits twice as long as before."""
        intervals = {(policy.retry_initial, policy.retry_max) for policy in self.policies(times).values()}
        return max(
            sum(min(first * 2.0**n, most) for n in range(min(failures, ENOUGH_FAILURES))) for first, most in intervals
        )

    def patience_s(self, times: DeskTimes) -> float:
        """Return the shortest time after which a step that says nothing is taken for dead, beyond its own step time."""
        return min(
            policy.start_to_close - times.step_time[step] if policy.heartbeat is None else policy.heartbeat
            for step, policy in self.policies(times).items()
        )

    def reconnect_s(self) -> float:
        """Return when keep-alive finds a dead connection out: it tries it, and waits for the answer."""
        return sum(self.profile_in_effect().keep_alive_s)

    def problems(self, times: DeskTimes) -> list[tuple[str, str]]:
        """Return what cannot work, as (key of the block, message) pairs."""
        zeros = [key for key in OWN_TIMES if getattr(self, key) == 0]
        mistakes = [(key, f"{key}: expected more than 0s, found 0s") for key in zeros]
        if self.layout == "per_group" and self.processes < len(Group):
            least = f"expected at least {len(Group)} processes, one a group"
            mistakes.append(("layout", f"per_group: {least}; found {self.processes}"))
        if zeros:
            return mistakes
        return [*mistakes, *self._steps_too_long(times), *self._useless_heartbeat()]

    def _steps_too_long(self, times: DeskTimes) -> Iterator[tuple[str, str]]:
        table = self.policies(times)
        too_long = [step for step, policy in table.items() if times.step_time[step] >= policy.start_to_close]
        if too_long:
            key = "start_to_close" if self.start_to_close is not None else "profile"
            limit = f"expected every step_time below start-to-close, {table[too_long[0]].start_to_close:g} s"
            steps = "every step" if len(too_long) == len(table) else ", ".join(too_long)
            yield key, f"{limit}; found {times.step_time[too_long[0]]:g} s for {steps}"

    def _useless_heartbeat(self) -> Iterator[tuple[str, str]]:
        """Refuse a heartbeat that can never help, as its step is over before one is missed."""
        limit = self.profile_in_effect().start_to_close
        if self.heartbeat is not None and limit is not None and self.heartbeat >= limit:
            yield "heartbeat", f"heartbeat: expected less than start-to-close, {limit:g} s; found {self.heartbeat:g} s"

    def follows_from(self, times: DeskTimes) -> dict[str, float | str]:
        """Return what recovery follows from, in seconds, by its name for people."""
        profile = self.profile_in_effect()
        table = self.policies(times)
        facts: dict[str, float | str] = {"start-to-close": max(policy.start_to_close for policy in table.values())}
        beats = [policy.heartbeat for policy in table.values() if policy.heartbeat is not None]
        if beats:
            facts["heartbeat"] = max(beats)
        facts["retry interval"] = table[next(iter(MESSAGES))].retry_initial
        facts["sticky time-out"] = profile.sticky
        facts["task time-out"] = profile.task_timeout_s
        facts["dead connection"] = self.reconnect_s()
        facts["engine timer shift"] = profile.timer_shift_s
        return facts

    def implied(self) -> dict[str, str]:
        """Return what follows from the settings and is no key of the block, by its name for people."""
        return {"gRPC compression": self.profile_in_effect().compression}

    def cause(self, fault: FaultMode, step: str, times: DeskTimes) -> str:
        """Say what resuming after a `fault` that broke `step` follows from: every wait, in the order of their passing.

        A step that hangs in a live process goes on beating, so that only the start-to-close finds it.
        """
        policy = self.policies(times)[Step(step)]
        timer = f"engine timer ≤ {shown(self.profile_in_effect().timer_shift_s)}"
        if fault == FaultMode.CUT_OFF:
            dead = shown(self.reconnect_s())
            return f"end of the cut, or {dead} until a dead connection is given up, + queue"
        if fault == FaultMode.NETWORK:
            return f"end of the cut, or the caller's own time-out + retry {shown(policy.retry_initial)} + queue"
        if fault == FaultMode.THROTTLED:
            return "the engine's limit + queue"
        if fault == FaultMode.TRANSIENT:
            return f"retry interval {shown(policy.retry_initial)} + {timer}"
        if policy.heartbeat is None or fault == FaultMode.HANG:
            detection = f"start-to-close {shown(policy.start_to_close)}"
        else:
            detection = f"heartbeat {shown(policy.heartbeat)}"
        return f"{detection} + {timer} + retry {shown(policy.retry_initial)} + queue"

    def foreign(self) -> Mapping[Capability, str]:
        """Name a server that is the user's own: the harness neither starts nor kills it."""
        if self.server != "external":
            return {}
        return dict.fromkeys((Capability.ENGINE, Capability.THROTTLE), "the external server")

    def caveat(self) -> str:
        """Say what must be known of the engine that the harness starts."""
        if self.server == "external":
            return ""
        return (
            "Temporal here is the dev server: one history shard, on the same host as everything else; a ticket is a "
            "parent and a child workflow where a single workflow would be 1.5–2 × faster"
        )


def _beginning_with(initial: float, intervals: tuple[float, float]) -> tuple[float, float]:
    return initial, max(initial, intervals[1])
