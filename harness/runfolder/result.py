"""A Result: what a run came to, as `result.json` holds it and every report renders it."""

from typing import Any, Literal

import msgspec

CheckVerdict = Literal["valid", "invalid", "unknown", "overloaded"]
"""`overloaded` is the word of `headroom` alone: counts stand, times are not compared."""
Verdict = Literal["pass", "fail", "unknown"]


class CheckResult(msgspec.Struct, frozen=True):
    """A judgement of the experiment, with its evidence in one line."""

    name: str
    verdict: CheckVerdict
    detail: str


class Moment(msgspec.Struct, frozen=True):
    """When a timed fault was to strike, and did: seconds after the first submission."""

    instance: str
    planned: float
    actual: float


class FaultResult(msgspec.Struct, frozen=True, omit_defaults=False):
    """One fault of the scenario in one repetition: instances by fate, and how many tickets it exposed.

    `planned` instances landed, were missed, or were not yet due when a run ended early.
    """

    index: int
    line: int
    name: str | None
    kind: str
    tickets: tuple[int, ...]
    planned: int
    landed: int
    missed: int
    preempted: int
    not_applicable: int
    exposed: int
    notes: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = ()

    @property
    def not_yet_due(self) -> int:
        """How many instances' moment had not come when the run ended."""
        return self.planned - self.landed - self.missed


class Repetition(msgspec.Struct, frozen=True):
    """One repetition of one system.

    `metrics` has every figure that exists, None where it is censored (named in `censored`); an absent one is
    named in `absent` with the reason. `tickets` maps a class (lost, failed, …) to ticket numbers; `notes`
    says what a figure follows from, by metric. One that broke off before it was settled is not `whole`: what is
    lost in it might still have been finished. `pairs` says over how many values a family of percentiles ranks (resume,
    recovery, delay, latency, ack). `took_up`: the system took at least one counted ticket up (an acknowledgement, an
    attempt, a request or a row). `counted_twice` says, by metric, how many of what it counts another metric counts too.
    """

    metrics: dict[str, float | int | None]
    censored: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    faults: tuple[FaultResult, ...]
    # From here on each has a default: results that were written before it was recorded are still read.
    absent: dict[str, str] = {}
    tickets: dict[str, tuple[int, ...]] = {}
    notes: dict[str, str] = {}
    whole: bool = True
    pairs: dict[str, int] = {}
    took_up: bool = True
    counted_twice: dict[str, int] = {}


Interval = tuple[float, float | None]
"""A 95 % interval; None above: it reaches what never came."""


class Share(msgspec.Struct, frozen=True):
    """In how many (`hits`) of the repetitions (`of`) there was any, with Wilson's 95 % interval."""

    hits: int
    of: int
    interval: Interval


class Aggregate(msgspec.Struct, frozen=True):
    """One figure over repetitions; None where it never came.

    `n` counts the repetitions that have it, `hit` those in which it is not 0; `total` and `worst` are a count's,
    `interval` is the median's, with its `coverage` of at least 0.95 (None: too few repetitions), `share` that of the
    repetitions in which there was any ticket of this kind.
    """

    n: int
    hit: int
    total: float | None
    worst: float | None
    median: float | None
    low: float | None
    high: float | None
    interval: Interval | None = None
    share: Share | None = None
    coverage: float | None = None


class SystemResult(msgspec.Struct, frozen=True):
    """A column: its settings as they took effect, its repetitions, and from two on what they come to together."""

    settings: dict[str, Any]
    repetitions: tuple[Repetition, ...]
    aggregates: dict[str, Aggregate] = {}


Words = Literal["faster", "slower", "fewer", "more", "less", "no difference seen", "too few repetitions", "overloaded"]


class Between(msgspec.Struct, frozen=True):
    """How a system's figure differs from the first system's: `ratio` of the medians with its 95 % interval.

    `ratio` is None where the base's median is 0 or either never came; `p` is Mann-Whitney's, `delta` Cliff's; `words`
    say it plainly. Of what is "overloaded" nothing was tested: `p` is 1, `delta` 0.
    """

    metric: str
    base: str
    system: str
    ratio: float | None
    interval: Interval | None
    p: float
    delta: float
    words: Words


class Judged(msgspec.Struct, frozen=True):
    """An expectation on one system's repetition; a side that is absent or censored is None."""

    system: str
    repetition: int
    left: float | int | None
    op: str
    right: float | int | None
    verdict: Literal["pass", "fail", "unknown", "n/a"]
    detail: str = ""


class ExpectationResult(msgspec.Struct, frozen=True):
    """A line of `expect:` with every value it was judged on."""

    text: str
    line: int
    verdict: Literal["pass", "fail", "unknown", "n/a"]
    judged: tuple[Judged, ...]


class ScenarioName(msgspec.Struct, frozen=True):
    """What a result keeps of its scenario."""

    name: str
    description: str = ""


class Result(msgspec.Struct, frozen=True):
    """A run's result; `status` is complete, interrupted or broken (then `problem` says why)."""

    schema: int
    run_id: str
    scenario: ScenarioName
    seed: int
    plan_sha256: str
    environment: dict[str, Any]
    systems: dict[str, SystemResult]
    expectations: tuple[ExpectationResult, ...]
    verdict: Verdict
    status: Literal["complete", "interrupted", "broken"] = "complete"
    problem: str = ""
    between: tuple[Between, ...] = ()
