"""Aggregates: what a system's repetitions come to together, and how systems differ, from their figures alone."""

import math
from collections.abc import Mapping, Sequence
from statistics import mean, median

from harness.catalogue import CATALOGUE, Metric
from harness.comparing import inference
from harness.runfolder.result import Aggregate, Between, Interval, Repetition, Share, Words


def value_of(metric: str, repetition: Repetition) -> float | None:
    """Return a figure, infinity where it is censored, None where it is absent."""
    if metric in repetition.censored:
        return math.inf
    return repetition.metrics.get(metric)


def values_of(metric: str, repetitions: Sequence[Repetition]) -> list[float]:
    """Return a figure's values in the order of the repetitions that have it."""
    return [value for repetition in repetitions if (value := value_of(metric, repetition)) is not None]


def center(metric: str, values: Sequence[float]) -> float:
    """Return what stands for repetitions: a count's mean, the median of all else."""
    # The median of 0, 0, 0, 0, 1 lost tickets is 0: what happens rarely would not be there. A mean of times would be
    # infinite as soon as one never ended.
    return mean(values) if CATALOGUE[metric].unit == "count" else median(values)


def aggregates(repetitions: Sequence[Repetition]) -> dict[str, Aggregate]:
    """Return every figure's aggregate; nothing of a single repetition, of which nothing can be claimed."""
    if len(repetitions) < 2:  # noqa: PLR2004 - one has no spread
        return {}
    known = {name: values_of(name, repetitions) for name in CATALOGUE}
    return {name: _aggregate(CATALOGUE[name], values, _share(name, values)) for name, values in known.items() if values}


def between(systems: Mapping[str, Sequence[Repetition]]) -> tuple[Between, ...]:
    """Compare every system with the first one, figure by figure; nothing where either has but one repetition."""
    if not systems or min(map(len, systems.values())) < 2:  # noqa: PLR2004 - one has no spread
        return ()
    (base, first), *rest = systems.items()
    return tuple(difference for label, second in rest for difference in compare(base, first, label, second))


def compare(base: str, first: Sequence[Repetition], label: str, second: Sequence[Repetition]) -> list[Between]:
    """Compare two samples of repetitions figure by figure; figures that either lacks, or without a direction, are not.

    What varies is tested as one family (Benjamini-Hochberg). Figures that follow from others are no tests of their own,
    so they make the family no larger: they are held to the bound that it arrived at. Times of a machine that was
    overloaded are not compared.
    """
    is_overloaded = bool(overloaded(first) or overloaded(second))
    samples = {
        metric: (values_of(name, first), values_of(name, second))
        for name, metric in CATALOGUE.items()
        if metric.better != "neither"
    }
    known = {metric: both for metric, both in samples.items() if all(both)}
    tested = {
        metric: inference.difference(*both)
        for metric, both in known.items()
        if not (is_overloaded and metric.kind == "time")
    }
    # What is the same in every repetition of both could have come out no other way. As tests with p = 1 such figures
    # would only make the family larger, and the bound for all others stricter.
    varying = {metric: test for metric, test in tested.items() if len({*known[metric][0], *known[metric][1]}) > 1}
    family = _Family({metric: test for metric, test in varying.items() if not metric.is_derived})
    return [
        _between(
            metric, base, label, tested[metric], _words(metric, tested[metric], family, is_varying=metric in varying)
        )
        if metric in tested
        # It keeps its row: a time that silently had no comparison would read as one without a difference.
        else Between(metric.name, base, label, None, None, 1.0, 0.0, "overloaded")
        for metric in known
    ]


def overloaded(repetitions: Sequence[Repetition]) -> dict[int, str]:
    """Return the repetitions whose machine was the bottleneck, counted from 1, with what its check says."""
    return {
        number: check.detail
        for number, repetition in enumerate(repetitions, start=1)
        for check in repetition.checks
        if check.verdict == "overloaded"
    }


class _Family:
    """The tests of one comparison, which are believed together or not at all."""

    def __init__(self, tests: Mapping[Metric, inference.Difference]) -> None:
        self._tests = {metric: test.p for metric, test in tests.items()}
        self._bound = inference.bound(list(self._tests.values()))

    def accepts(self, test: inference.Difference) -> bool:
        """Say whether the correction leaves this difference standing."""
        return test.p <= self._bound

    def could_accept(self, metric: Metric, test: inference.Difference) -> bool:
        """Say whether it would, beside the other probabilities as they are, had this one been as small as can be."""
        # Whether the data could have told depends on the others too. Even where none of them is significant,
        # Benjamini-Hochberg accepts the smallest of m probabilities up to alpha/m, so that is the least that is asked.
        tests = list(({**self._tests, metric: test.least_p} if metric in self._tests else self._tests).values())
        return test.least_p <= max(inference.bound(tests), inference.ALPHA / max(1, len(tests)))


def _between(metric: Metric, base: str, label: str, test: inference.Difference, words: Words) -> Between:
    return Between(
        metric=metric.name,
        base=base,
        system=label,
        ratio=test.ratio,
        interval=written(test.interval),
        p=round(test.p, 6),
        delta=round(test.delta, 6),
        words=words,
    )


def _words(metric: Metric, test: inference.Difference, family: _Family, *, is_varying: bool) -> Words:
    """Say how a figure differs. "No difference seen" is said only where one could have been.

    A time or a cost that changed by less than the margin is not worth a word; a count is a fact, however small.
    """
    if not is_varying:
        # Equal values are in no family, so the test alone decides whether a difference could have been seen.
        return "too few repetitions" if test.least_p > inference.ALPHA else "no difference seen"
    if not family.accepts(test):
        return "no difference seen" if family.could_accept(metric, test) else "too few repetitions"
    if metric.kind != "count" and test.ratio is not None and abs(test.ratio - 1) < inference.MARGIN:
        return "no difference seen"
    return _direction(metric, is_larger=test.delta > 0)


def _direction(metric: Metric, *, is_larger: bool) -> Words:
    if metric.kind == "count":
        return "more" if is_larger else "fewer"
    if metric.kind == "cost":
        return "more" if is_larger else "less"
    # Throughput counts among the times: more of it is faster.
    return "faster" if is_larger == (metric.better == "higher") else "slower"


def _aggregate(metric: Metric, values: Sequence[float], share: Share | None) -> Aggregate:
    is_count = metric.kind == "count"
    # A count has its sum, its worst and its share of repetitions; an interval of its median would mostly be 0 to 0.
    covered = None if is_count else inference.median_interval(values)
    interval = covered and written(covered[0])
    return Aggregate(
        n=len(values),
        hit=sum(value != 0 for value in values),
        total=sum(values) if is_count else None,
        worst=(min if metric.better == "higher" else max)(values) if is_count else None,
        median=_finite(median(values)),
        low=_finite(min(values)),
        high=_finite(max(values)),
        interval=interval,
        share=share,
        coverage=covered[1] if covered and interval else None,
    )


def _share(name: str, values: Sequence[float]) -> Share | None:
    """Return in how many repetitions there was any: tickets of one repetition share its faults, and are no sample."""
    if not CATALOGUE[name].is_of_tickets:
        return None
    hits = sum(value != 0 for value in values)
    return Share(hits, len(values), inference.wilson(hits, len(values)))


def written(interval: inference.Interval | None) -> Interval | None:
    """Return an interval as a result holds it; one that is infinite from its lower end on says nothing."""
    if interval is None or math.isinf(interval[0]):
        return None
    return (interval[0], _finite(interval[1]))


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value
