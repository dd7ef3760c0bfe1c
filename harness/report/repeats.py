"""What repetitions add to a comparison, from a Result: shares with intervals, and how systems differ, in words."""

from collections.abc import Iterator

from harness.report.fates import Table
from harness.report.figures import ABSENT, share
from harness.report.printable import printable
from harness.report.rows import ROWS
from harness.result import Between, Result, Share

ALWAYS = "lost"
UNSEEN = "no difference seen"
FEW = "too few repetitions"
TESTS = "p: Mann-Whitney, two-sided; δ: Cliff's delta, from -1.0 (always less) to +1.0 (always more)"
_SMALLEST_P = 0.001
_COMPLEMENTS = frozenset({"finished", "acknowledged", "unserved"})
"""Shares that the others say."""


def legend(result: Result) -> str:
    """Return what the cells of the comparison mean; of a single repetition, that it proves nothing."""
    counts = {len(system.repetitions) for system in result.systems.values()}
    if not counts or max(counts) == 0:
        return ""
    if max(counts) == 1:
        return "n = 1, no interval: one repetition shows what can happen, not how often (`--repeat 5`)"
    number = "–".join(str(n) for n in sorted(counts))
    tests = f"; {TESTS}" if any(True for _ in differing(result)) else ""
    return (
        f"n = {number} repetitions: counts are sums (the worst, and in how many there were any), all else medians "
        f"(95 % interval{'' if max(counts) > 2 else '; here lowest … highest, too few for an interval'}){tests}"  # noqa: PLR2004
    )


def repeats(result: Result) -> Iterator[Table]:
    """Yield the tables that only repetitions allow: shares of the tickets, and the systems beside the first one."""
    body = [
        [name, *[share(one) if one else ABSENT for one in row]]
        for name, row in _shares(result)
        if name == ALWAYS or any(one is not None and one.hits for one in row)
    ]
    if any(system.aggregates for system in result.systems.values()):
        yield ["share of the tickets", *[printable(label, 60) for label in result.systems]], body
    told = [[name, *[_cell(one) for one in row]] for name, row in differing(result)]
    if told:
        base = printable(next(iter(result.systems)), 60)
        yield [f"against {base}", *[printable(label, 60) for label in list(result.systems)[1:]]], told


def differing(result: Result) -> Iterator[tuple[str, list[Between | None]]]:
    """Yield each metric in which any system differs from the first one, with what is known of every other system."""
    found = {(one.metric, one.system): one for one in result.between}
    others = list(result.systems)[1:]
    for name in _order():
        row = [found.get((name, label)) for label in others]
        if any(one is not None and one.words not in {UNSEEN, FEW} for one in row):
            yield name, row


def unseen(result: Result) -> list[str]:
    """Say where no difference was seen, or none could be; figures that are the same everywhere need no word."""
    lines = []
    for label in list(result.systems)[1:]:
        mine = {one.metric: one for one in result.between if one.system == label and one.metric in _order()}
        for words in (UNSEEN, FEW):
            names = [name for name in _order() if name in mine and mine[name].words == words]
            varied = [name for name in names if mine[name].p < 1 or mine[name].delta]
            if names:
                where = "any figure" if len(names) == len(mine) else ", ".join(varied)
                lines.append(f"{printable(label, 60)}: {words} in {where}" if where else "")
    return [line for line in lines if line]


def _shares(result: Result) -> Iterator[tuple[str, list[Share | None]]]:
    for name in ROWS["durability"]:
        row = [
            system.aggregates[name].share if name in system.aggregates else None for system in result.systems.values()
        ]
        if any(row) and name not in _COMPLEMENTS:
            yield name, row


def _cell(one: Between | None) -> str:
    if one is None:
        return ABSENT
    how = "to 0," if one.ratio == 0 else ratio(one)
    return " ".join(part for part in (how, one.words, _tested(one)) if part)


def _tested(one: Between) -> str:
    """Return `(p 0.008, δ +1.0)`; empty where no outcome of so few repetitions could tell anything."""
    if one.words == FEW:
        return ""
    p = f"p {round(one.p, 3):g}" if one.p >= _SMALLEST_P else f"p < {_SMALLEST_P}"
    return f"({p}, δ {round(one.delta, 1) + 0.0:+.1f})"  # a negative zero has no direction either


def ratio(one: Between) -> str:
    """Return `6.4× (5.9–7.0)`; empty where there is no ratio, no interval where all agree."""
    if one.ratio is None:
        return ""
    if one.interval is None or one.interval == (one.ratio, one.ratio):
        return f"{one.ratio:.3g}×"
    low, high = one.interval
    return f"{one.ratio:.3g}× ({low:.3g}–{'∞' if high is None else f'{high:.3g}'})"


def _order() -> list[str]:
    return [name for names in ROWS.values() for name in names]
