"""Aggregates: what a system's repetitions come to together, and how systems differ, from their figures alone."""

import math
from collections.abc import Mapping, Sequence
from statistics import mean, median

from harness import statistics
from harness.metrics.catalogue import CATALOGUE, Metric
from harness.result import Aggregate, Between, Interval, Repetition, Share, Words

PER_TICKET = frozenset(
    {
        "acknowledged",
        "indeterminate",
        "rejected",
        "finished",
        "unserved",
        "failed",
        "lost",
        "lost_acknowledged",
        "lost_unacknowledged",
        "abandoned",
        "vanished",
        "wrong_outcome",
    }
)
"""Counts of submitted tickets: they have a share."""


def value_of(metric: str, repetition: Repetition) -> float | None:
    """Return a figure, infinity where it is censored, None where it is absent."""
    if metric in repetition.censored:
        return math.inf
    return repetition.metrics.get(metric)


def values_of(metric: str, repetitions: Sequence[Repetition]) -> list[float]:
    """Return a figure's values in the order of the repetitions that have it."""
    return [value for one in repetitions if (value := value_of(metric, one)) is not None]


def center(metric: str, values: Sequence[float]) -> float:
    """Return what stands for repetitions: a count's mean, the median of all else."""
    return mean(values) if CATALOGUE[metric].unit == "count" else median(values)


def aggregates(repetitions: Sequence[Repetition]) -> dict[str, Aggregate]:
    """Return every figure's aggregate; nothing of a single repetition, of which nothing can be claimed."""
    if len(repetitions) < 2:  # noqa: PLR2004 - one has no spread
        return {}
    known = {name: values_of(name, repetitions) for name in CATALOGUE}
    return {
        name: _aggregate(CATALOGUE[name], values, _share(name, repetitions)) for name, values in known.items() if values
    }


def between(systems: Mapping[str, Sequence[Repetition]]) -> tuple[Between, ...]:
    """Compare every system with the first one, figure by figure; nothing where either has but one repetition."""
    if len(systems) < 2 or min(map(len, systems.values())) < 2:  # noqa: PLR2004 - it takes two of each
        return ()
    (base, first), *others = systems.items()
    found = (one for label, repetitions in others for one in compare(base, first, label, repetitions))
    return tuple(one for one in found if CATALOGUE[one.metric].better != "neither")


def compare(base: str, first: Sequence[Repetition], label: str, others: Sequence[Repetition]) -> list[Between]:
    """Compare two samples of repetitions figure by figure; figures that either lacks are left out.

    A difference is put in words only if the tests hold together (Benjamini-Hochberg), the interval excludes equality,
    and it is larger than the margin.
    """
    samples = {name: (values_of(name, first), values_of(name, others)) for name in CATALOGUE}
    known = {name: statistics.difference(*both) for name, both in samples.items() if all(both)}
    varying = [name for name in known if len({*samples[name][0], *samples[name][1]}) > 1]
    seen = dict(zip(varying, statistics.discoveries([known[name].p for name in varying]), strict=True))
    return [
        Between(
            metric=name,
            base=base,
            system=label,
            ratio=one.ratio,
            interval=written(one.interval),
            p=round(one.p, 6),
            delta=round(one.delta, 6),
            words=_words(CATALOGUE[name], one, is_seen=seen.get(name, False)),
        )
        for name, one in known.items()
    ]


def is_significant(one: Between) -> bool:
    """Say whether this one figure, tested alone, differs: by its ranks, and by its interval where it has one."""
    is_beyond = one.interval is None or one.interval[0] > 1 or (one.interval[1] or math.inf) < 1
    return one.p <= statistics.ALPHA and is_beyond


def _words(metric: Metric, one: statistics.Difference, *, is_seen: bool) -> Words:
    if not one.can_tell:
        return "too few repetitions"
    is_small = one.ratio is not None and abs(one.ratio - 1) < statistics.MARGIN
    if not is_seen or not one.is_beyond_interval or is_small:
        return "no difference seen"
    return _direction(metric, is_larger=one.delta > 0)


def _direction(metric: Metric, *, is_larger: bool) -> Words:
    if metric.unit == "1/s":
        return "faster" if is_larger else "slower"
    if metric.unit == "count":
        return "more" if is_larger else "fewer"
    if metric.name in _AMOUNTS:
        return "more" if is_larger else "less"
    return "slower" if is_larger else "faster"


_AMOUNTS = frozenset(
    {
        "redone_seconds",
        "wasted_seconds",
        "cpu_seconds",
        "engine_cpu_seconds",
        "cpu_per_ticket",
        "paused_cpu_seconds",
        "peak_rss",
        "retry_amplification",
    }
)


def _aggregate(metric: Metric, values: Sequence[float], share: Share | None) -> Aggregate:
    is_count = metric.unit == "count"
    return Aggregate(
        n=len(values),
        hit=sum(value != 0 for value in values),
        total=sum(values) if is_count else None,
        worst=(min if metric.better == "higher" else max)(values) if is_count else None,
        median=_finite(median(values)),
        low=_finite(min(values)),
        high=_finite(max(values)),
        interval=None if is_count else written(statistics.median_interval(values)),
        share=share,
    )


def _share(name: str, repetitions: Sequence[Repetition]) -> Share | None:
    if name not in PER_TICKET:
        return None
    hits, of = (int(sum(values_of(one, repetitions))) for one in (name, "submitted"))
    return Share(hits, of, statistics.wilson(hits, of)) if 0 <= hits <= of and of else None


def written(interval: statistics.Interval | None) -> Interval | None:
    """Return an interval as a result holds it; one that is infinite from its lower end on says nothing."""
    if interval is None or math.isinf(interval[0]):
        return None
    return (interval[0], _finite(interval[1]))


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value
