"""The argument of a comparison, from a Result: what another column gains, what it costs, what no engine takes over.

It is read off the figures alone: where the first column does better, that is said just so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.catalogue import CATALOGUE, picked
from harness.comparing.aggregate import center, values_of
from harness.report.sections.overload import overload
from harness.report.sections.races import LOST_UPDATES, given_twice, plain_lost_updates
from harness.report.sections.ranked import with_pairs
from harness.report.text.figures import over_repetitions
from harness.runfolder.result import Between, Result, SystemResult
from harness.text import printable

WEIGHED = {
    metric.name: metric.tradeoff.words
    for metric in picked(lambda metric: metric.tradeoff.rank if metric.tradeoff else 0)
    if metric.tradeoff
}
"""What decides, in words; the important first."""
OWN = tuple(metric.name for metric in picked(lambda metric: metric.safeguard_rank))
"""What a safeguard is there to prevent."""
NOTICEABLE = 0.1
"""Of a single repetition, times and costs closer than this share are passed over."""
_UNTOLD = frozenset({"no difference seen", "too few repetitions", "overloaded"})


@dataclass(frozen=True, slots=True)
class Point:
    """A figure that two columns differ in: as it is in each of them, and how surely they differ."""

    what: str
    before: str
    after: str
    words: str
    metric: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """What changing from the first column to this one gains and costs, and where the data cannot tell."""

    label: str
    gains: tuple[Point, ...]
    costs: tuple[Point, ...]
    unclear: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ablation:
    """A safeguard beside its absence: what differs, and what came of it."""

    without: str
    having: str
    safeguard: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """The whole of it; `own` are sentences on what no engine takes over, as far as this run shows it."""

    base: str
    columns: tuple[Column, ...]
    ablations: tuple[Ablation, ...]
    own: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Say whether there is anything to set side by side."""
        return bool(self.columns or self.ablations or self.own)


def argument(result: Result) -> Argument:
    """Return what the figures say for and against every column beside the first."""
    labels = [label for label, system in result.systems.items() if system.repetitions]
    base, compared = (labels[0], labels[1:]) if labels else ("", [])
    return Argument(
        base=base,
        columns=tuple(_column(result, base, label) for label in compared),
        ablations=tuple(_ablations(result, labels)),
        own=tuple(_own(result, labels)),
    )


def _column(result: Result, base: str, label: str) -> Column:
    differences = {difference.metric: difference for difference in result.between if difference.system == label}
    gains: list[Point] = []
    costs: list[Point] = []
    unclear: list[str] = []
    for name in WEIGHED:
        point = _point(name, result.systems[base], result.systems[label], differences.get(name))
        if point is None:
            continue
        if point.words in _UNTOLD or _is_queue(name, (result.systems[base], result.systems[label])):
            unclear.append(point.what)
        else:
            (gains if _is_better(name, result.systems[base], result.systems[label]) else costs).append(point)
    return Column(label, tuple(gains), tuple(costs), tuple(unclear))


def _point(name: str, base: SystemResult, beside: SystemResult, difference: Between | None = None) -> Point | None:
    """Set a figure of two columns side by side; None where one lacks it, or they are as good as the same."""
    before, after = (values_of(name, system.repetitions) for system in (base, beside))
    if not before or not after or set(before) == set(after) == {before[0]}:
        return None
    was, now = center(name, before), center(name, after)
    # with repetitions a test says whether two figures differ; a single one has none, and times and costs that lie close
    # together may be chance, where a count differs or does not
    is_once = difference is None
    if is_once and (was == now or (CATALOGUE[name].unit != "count" and _is_near(was, now))):
        return None
    cells = (shown(name, base), shown(name, beside))
    return Point(WEIGHED[name], *cells, "once" if difference is None else difference.words, name)


def _is_queue(name: str, systems: Sequence[SystemResult]) -> bool:
    """Say whether a time is of a system that was overloaded, so that it is not compared."""
    return CATALOGUE[name].kind == "time" and any(
        overload(repetition) is not None for system in systems for repetition in system.repetitions
    )


def _is_near(was: float, now: float) -> bool:
    return abs(now - was) <= NOTICEABLE * abs(was)


def _is_better(name: str, base: SystemResult, beside: SystemResult) -> bool:
    was, now = (center(name, values_of(name, system.repetitions)) for system in (base, beside))
    return (now > was) == (CATALOGUE[name].better == "higher")


def shown(name: str, system: SystemResult) -> str:
    """Return a figure of a column over its repetitions as people read it; "–" where there is none."""
    values = values_of(name, system.repetitions)
    if not values:
        return "–"
    return with_pairs(over_repetitions(CATALOGUE[name], values, system.aggregates.get(name)), name, system.repetitions)


# -- what no engine takes over


def _ablations(result: Result, labels: Sequence[str]) -> Iterator[Ablation]:
    """Yield the pairs of columns that differ in one safeguard only."""
    for left, right in combinations(labels, 2):
        ours, theirs = result.systems[left].settings, result.systems[right].settings
        differing = _differing(ours.get("safeguards"), theirs.get("safeguards"))
        # One safeguard and nothing else, or the difference could come of anything.
        if len(differing) != 1 or _rest(ours) != _rest(theirs):
            continue
        ((name, was, now),) = differing
        points = [_point(metric, result.systems[left], result.systems[right]) for metric in OWN]
        telling = tuple(point for point in points if point is not None)
        if telling:
            yield Ablation(left, right, f"{name} {_in_words(was)} → {_in_words(now)}", telling)


def _differing(ours: object, theirs: object) -> list[tuple[str, object, object]]:
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping):
        return []
    return [
        (printable(key, 40), ours.get(key), theirs.get(key))
        for key in {**ours, **theirs}
        if ours.get(key) != theirs.get(key)
    ]


def _rest(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != "safeguards"}


def _in_words(value: object) -> str:
    return {True: "on", False: "off"}.get(value, printable(value, 40)) if isinstance(value, bool) else str(value)


def _own(result: Result, labels: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each column whose engine did not prevent what a safeguard prevents."""
    for label in labels:
        system = result.systems[label]
        guards = system.settings.get("safeguards")
        guards = guards if isinstance(guards, Mapping) else {}
        unprevented = [
            clause
            for name in OWN
            if any(values_of(name, system.repetitions)) and (clause := _unprevented(name, system))
        ]
        if unprevented:
            having = ", ".join(f"{printable(name, 40)} {_in_words(value)}" for name, value in guards.items())
            yield f"{printable(label, 60)} ({having or 'no safeguard'}) still shows {'; '.join(unprevented)}"


def _unprevented(name: str, system: SystemResult) -> str:
    """Say what was not prevented; of updates lost those that the agents given twice do not say."""
    if name != LOST_UPDATES or not given_twice(system.repetitions):
        return f"{WEIGHED[name]}: {shown(name, system)}"
    plain = plain_lost_updates(system.repetitions)
    return f"other updates lost: {plain}" if plain else ""
