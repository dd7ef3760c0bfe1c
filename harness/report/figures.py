"""Figures as people read them: a number, its unit, and no more digits than a run can support."""

import math
from collections.abc import Callable, Sequence
from statistics import median_low

from harness.metrics.catalogue import CATALOGUE, Metric

NEVER = "∞ (never)"
ABSENT = "–"
_WHOLE_FROM = 100


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
    return f"{value:g}" if value != int(value) else f"{int(value)}"


_SHOWN: dict[str, Callable[[float], str]] = {
    "s": seconds,
    "bytes": _bytes,
    "1/s": lambda value: f"{_digits(value)} /s",
    "ratio": lambda value: f"{value:.2f}×",
    "share": lambda value: f"{value * 100:.3g}%",
}


def over_repetitions(metric: Metric, values: Sequence[float]) -> str:
    """Return one cell for all repetitions: counts as their sum with the worst, all else as median (min–max)."""
    if len(set(values)) == 1 and (len(values) == 1 or metric.unit != "count"):
        return figure(values[0], metric.unit)
    if metric.unit == "count":
        total = figure(sum(values), metric.unit)
        return total if len(set(values)) == 1 else f"{total} ({_worst(metric, values)})"
    middle, low, high = median_low(values), min(values), max(values)
    return f"{figure(middle, metric.unit)} ({figure(low, metric.unit)} – {figure(high, metric.unit)})"


def _worst(metric: Metric, values: Sequence[float]) -> str:
    low, high = figure(min(values), metric.unit), figure(max(values), metric.unit)
    if metric.better == "neither":
        return f"{low}–{high}"
    return f"worst {high if metric.better == 'lower' else low}"


def unit_of(expectation: str) -> str:
    """Return the unit of the metric on an expectation's left side; "count" where there is none such."""
    name = (expectation.split() or [""])[0].rpartition(".")[2]
    return CATALOGUE[name].unit if name in CATALOGUE else "count"
