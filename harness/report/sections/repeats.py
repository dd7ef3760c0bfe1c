"""What repetitions add to a comparison, from a Result: how often there was any, and how systems differ, in words."""

from collections.abc import Iterator

from harness.catalogue import CATALOGUE, HEADLINES, TABLE
from harness.comparing import inference
from harness.report.sections.fault_outcomes import Table
from harness.report.text.figures import ABSENT, share
from harness.runfolder.result import Between, Result, Share
from harness.text import printable

ALWAYS = "lost"
UNSEEN = "no difference seen"
UNTESTABLE = "too few repetitions"
OVERLOADED = "overloaded"
UNTOLD = (UNSEEN, UNTESTABLE, OVERLOADED)
"""Words that name no difference."""
TESTS = "p: Mann-Whitney, two-sided; δ: Cliff's delta, from -1.0 (always less) to +1.0 (always more)"
_OVERLOADED = "the machine was the bottleneck (overloaded), so no time is compared"
_SMALLEST_P = 0.001


def legend(result: Result, *, is_full: bool = True) -> str:
    """Return what the cells of the comparison mean; of a single repetition, that it proves nothing."""
    counts = {len(system.repetitions) for system in result.systems.values()}
    if not counts or max(counts) == 0:
        return ""
    if max(counts) == 1:
        return "n = 1, no interval: one repetition shows what can happen, not how often (`--repeat 5`)"
    number = "–".join(str(n) for n in sorted(counts))
    tests = f"; {TESTS}" if any(name in _order(is_full=is_full) for name, _ in differing(result)) else ""
    return (
        f"n = {number} repetitions: counts are sums (the worst, and in how many there were any), all else medians "
        f"({_of_medians(counts)}){tests}"
    )


def _of_medians(counts: set[int]) -> str:
    """Say what stands in brackets behind a median: an interval with the coverage it has, or a range that is none."""
    covered = {n: interval[1] for n in sorted(counts) if (interval := inference.median_interval(range(n)))}
    if not covered:
        return "lowest … highest: a range, as an interval takes 6 repetitions"
    at = ", ".join(f"{share * 100:.1f} % at n = {n}" for n, share in covered.items())
    return f"an interval of order statistics, which covers the median in {at}; a … b: lowest and highest"


def repeats(result: Result, *, is_full: bool = True) -> Iterator[Table]:
    """Yield the tables that only repetitions allow: in how many there was any, and the systems beside the first one.

    Not `is_full`: only of the metrics that decide, under people's names for them.
    """
    body = [
        [_named(name, is_full=is_full), *[share(cell) if cell else ABSENT for cell in row]]
        for name, row in _shares(result)
        if name in _order(is_full=is_full)
        if name == ALWAYS or any(cell is not None and cell.hits for cell in row)
    ]
    if any(system.aggregates for system in result.systems.values()):
        yield ["how often there was any", *[printable(label, 60) for label in result.systems]], body
    body = [
        [_named(name, is_full=is_full), *[_cell(between) for between in row]]
        for name, row in differing(result)
        if name in _order(is_full=is_full)
    ]
    if body:
        base = printable(next(iter(result.systems)), 60)
        yield [f"against {base}", *[printable(label, 60) for label in list(result.systems)[1:]]], body


def differing(result: Result) -> Iterator[tuple[str, list[Between | None]]]:
    """Yield each metric in which any system differs from the first one, with what is known of every other system."""
    known = {(between.metric, between.system): between for between in result.between}
    compared = list(result.systems)[1:]
    for name in _order():
        row = [known.get((name, label)) for label in compared]
        if any(between is not None and between.words not in UNTOLD for between in row):
            yield name, row


def unseen(result: Result, *, is_full: bool = True) -> list[str]:
    """Say where no difference was seen, or none could be; figures that are the same everywhere need no word.

    "Too few repetitions" names what a test of its own, or the correction for testing so many, could not have accepted.
    """
    lines = []
    for label in list(result.systems)[1:]:
        order = _order(is_full=is_full)
        mine = {
            between.metric: between for between in result.between if between.system == label and between.metric in order
        }
        for words in UNTOLD:
            names = [name for name in order if name in mine and mine[name].words == words]
            varied = [name for name in names if mine[name].p < 1 or mine[name].delta]
            if words == OVERLOADED and names:
                lines.append(f"{printable(label, 60)}: {_OVERLOADED}")
            elif names:
                varying = ", ".join(_named(name, is_full=is_full) for name in varied)
                where = "any figure" if len(names) == len(mine) else varying
                if where:
                    relation = "to compare" if words == UNTESTABLE else "in"
                    lines.append(f"{printable(label, 60)}: {words} {relation} {where}")
    return lines


def _shares(result: Result) -> Iterator[tuple[str, list[Share | None]]]:
    for name in _order():
        row = [
            system.aggregates[name].share if name in system.aggregates else None for system in result.systems.values()
        ]
        if any(row) and not CATALOGUE[name].is_complement:
            yield name, row


def _cell(between: Between | None) -> str:
    if between is None:
        return ABSENT
    how = "to 0," if between.ratio == 0 else ratio(between)
    return " ".join(part for part in (how, between.words, _tested(between)) if part)


def _tested(between: Between) -> str:
    """Return `(p 0.008, δ +1.0)`; empty where no outcome of so few repetitions could tell, or nothing was tested."""
    if between.words in {UNTESTABLE, OVERLOADED}:
        return ""
    p = f"p {round(between.p, 3):g}" if between.p >= _SMALLEST_P else f"p < {_SMALLEST_P}"
    return f"({p}, δ {round(between.delta, 1) + 0.0:+.1f})"  # a negative zero has no direction either


def ratio(between: Between) -> str:
    """Return `6.4× (5.9–7.0)`; empty where there is no ratio, no interval where all agree."""
    if between.ratio is None:
        return ""
    if between.interval is None or between.interval == (between.ratio, between.ratio):
        return f"{between.ratio:.3g}×"
    low, high = between.interval
    return f"{between.ratio:.3g}× ({low:.3g}–{'∞' if high is None else f'{high:.3g}'})"


def _order(*, is_full: bool = True) -> list[str]:
    if not is_full:
        return [metric.name for metric in HEADLINES]
    return [name for names in TABLE.values() for name in names]


def _named(name: str, *, is_full: bool) -> str:
    return name if is_full else CATALOGUE[name].label
