"""Figures as people read them: a number, its unit, and no more digits than a run can support."""

import math
from collections.abc import Callable, Sequence
from statistics import median

from harness.catalogue import CATALOGUE, Metric
from harness.runfolder.result import Aggregate, Share

NEVER = "∞ (never)"
ABSENT = "–"
_WHOLE_FROM = 100
_TENTH = 0.1


def figure(value: float, unit: str) -> str:
    """Return one figure with its unit; infinity is "∞ (never)"."""
    if math.isinf(value):
        return NEVER
    return _SHOWN.get(unit, _count)(value)


def seconds(value: float) -> str:
    """Return a time: 123 s, 10.2 s, 0.93 s, 45 ms, 0.4 ms."""
    if value == 0:
        return "0 s"
    if abs(value) >= 0.1:  # noqa: PLR2004 - below, milliseconds read better
        return f"{_digits(value)} s"
    milliseconds = value * 1000
    return f"{milliseconds:.0f} ms" if abs(milliseconds) >= 1 else f"{milliseconds:.2f} ms"


def _digits(value: float) -> str:
    """Keep hundredths below one, tenths below a hundred, then whole numbers."""
    if abs(value) >= _WHOLE_FROM:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"


def _bytes(value: float) -> str:
    for factor, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(value) >= factor:
            return f"{_digits(value / factor)} {name}"
    return f"{value:.0f} B"


def _count(value: float) -> str:
    """Return a count; the mean of several with no more digits than say something."""
    if value == int(value):
        return f"{int(value)}"
    return f"{value:.3g}" if abs(value) < _WHOLE_FROM else f"{value:.1f}"


_SHOWN: dict[str, Callable[[float], str]] = {
    "s": seconds,
    "bytes": _bytes,
    "1/s": lambda value: f"{_digits(value)} /s",
    "ratio": lambda value: f"{value:.2f}×",
    "share": lambda value: f"{_percent(value)}%",
}


def over_repetitions(metric: Metric, values: Sequence[float], aggregate: Aggregate | None = None) -> str:
    """Return one cell for all repetitions: a count's sum, worst and how many have any; all else median (interval).

    Where there is no interval the lowest and the highest value stand in its place, as `a … b`; the legend says which
    coverage an interval has.
    """
    if len(values) == 1:
        return figure(values[0], metric.unit)
    if metric.unit == "count":
        return f"{figure(sum(values), metric.unit)}{_spread(metric, values)}"
    if len(set(values)) == 1:
        return figure(values[0], metric.unit)
    interval = aggregate.interval if aggregate else None
    low, high = interval or (min(values), max(values))
    dash = "–" if interval else " … "
    return (
        f"{figure(median(values), metric.unit)} ({ranged(low, math.inf if high is None else high, metric.unit, dash)})"
    )


def ranged(low: float, high: float, unit: str, dash: str = "–") -> str:
    """Return a range, its unit once where both ends have the same."""
    first, last = figure(low, unit), figure(high, unit)
    bare, space, sign = first.rpartition(" ")
    if space and last.endswith(f" {sign}"):
        return f"{bare}{dash}{last}"
    return f"{first.removesuffix('×')}{dash}{last}" if unit == "ratio" else f"{first}{dash}{last}"


def share(occurrence: Share) -> str:
    """Return `in 2 of 5 repetitions, 40 % (12–77 %)`; where none had any, what it is at most: `…, ≤ 43 % (95 %)`."""
    low, high = occurrence.interval[0], 1.0 if occurrence.interval[1] is None else occurrence.interval[1]
    counted = f"in {occurrence.hits} of {occurrence.of} repetitions"
    if not occurrence.hits:
        return f"{counted}, ≤ {_percent(high)} % (95 %)"
    if occurrence.hits == occurrence.of:
        return f"{counted}, ≥ {_percent(low)} % (95 %)"
    return f"{counted}, {_percent(occurrence.hits / occurrence.of)} % ({_percent(low)}–{_percent(high)} %)"


def _percent(value: float) -> str:
    return f"{value * 100:.2g}" if value < _TENTH else f"{value * 100:.0f}"


def _spread(metric: Metric, values: Sequence[float]) -> str:
    """Say how a count spread over repetitions: the worst of them, and how many had any."""
    if len(set(values)) == 1:
        return f" ({figure(values[0], metric.unit)} each)" if values[0] else ""
    any_of = f"{sum(value != 0 for value in values)} of {len(values)}"
    if metric.better == "neither":
        return f" ({ranged(min(values), max(values), metric.unit)})"
    worst = min(values) if metric.better == "higher" else max(values)
    return f" (worst {figure(worst, metric.unit)}, in {any_of})"


def unit_of(expectation: str) -> str:
    """Return the unit of the metric on an expectation's left side; "count" where there is none such."""
    name = (expectation.split() or [""])[0].rpartition(".")[2]
    return CATALOGUE[name].unit if name in CATALOGUE else "count"
