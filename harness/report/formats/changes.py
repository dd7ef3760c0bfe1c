"""A comparison of runs as a terminal table, Markdown or JSON."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from tabulate import tabulate

from harness.catalogue import CATALOGUE, HEADLINES, TABLE
from harness.comparing.aggregate import center
from harness.comparing.gate import Judgement, read_gate, verdict_of
from harness.comparing.runs import Change, ComparedColumn, ScenarioComparison
from harness.report.sections.repeats import TESTS, ratio
from harness.report.sections.verdicts import SAID, WORST_FIRST
from harness.report.text.figures import ABSENT, figure
from harness.report.text.layout import PIPED, colored, folded, painted, table, widest
from harness.report.text.markdown_text import escaped
from harness.runfolder.result import Between
from harness.text import printable

INTERVAL, NAMES = "95 % interval", "metric"
HEADING = ["", "base", "new", "change", INTERVAL, "p", "δ", "in words"]
LEFT_OUT: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"p", "δ"}),
    frozenset({"p", "δ", NAMES}),
    frozenset({"p", "δ", NAMES, INTERVAL}),
)
"""The columns that go where there is too little room, one choice after the other."""
WORDS = HEADING.index("in words")
MOST_SETTINGS = 12


def render_table(
    comparisons: Sequence[ScenarioComparison],
    judgements: Sequence[Judgement],
    *,
    width: int | None = None,
    color: bool = False,
    is_full: bool = False,
) -> str:
    """Return the comparison as text for a terminal, the verdict on the gates first.

    `is_full`: every metric has a row, not only those that decide and those of a gate. `width` folds lines, and what
    has no room beside the figures goes: probabilities, the metrics' own names, intervals; JSON has them all.
    """
    gated = {read_gate(one.gate).metric for one in judgements}
    pick = _rows if is_full else partial(_headlines, gated=gated)
    bodies = {(one.name, column.label): list(pick(column)) for one in comparisons for column in one.columns}
    if color:
        bodies = {key: [_toned(row, row[-1 if not is_full else 0]) for row in body] for key, body in bodies.items()}
    gone = _left_out(bodies.values(), width, is_labelled=not is_full)
    blocks = [_verdict(judgements)]
    for one in comparisons:
        blocks.append(folded(_title(one), width))
        for column in one.columns:
            lines = _laid_out(bodies[one.name, column.label], gone, is_labelled=not is_full)
            blocks.append([*folded(_settings(column), width), *lines])
    blocks += [folded(_legend(gone) if bodies else [], width), folded(_gates(judgements), width, " " * 8)]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return "\n".join(colored(line) for line in text.split("\n")) if color else text


def _headlines(column: ComparedColumn, gated: Collection[str]) -> Iterator[list[str]]:
    """Yield the rows that decide under people's names for them, then those that a gate asks about."""
    for metric in (*HEADLINES, *(CATALOGUE[name] for name in CATALOGUE if name in gated and not CATALOGUE[name].label)):
        change = column.changes.get(metric.name)
        if change is not None and (_is_telling(change) or metric.name in gated):
            _, *cells = _row(change)
            yield [metric.label or metric.name, *cells, metric.name]


def _toned(row: list[str], metric: str) -> list[str]:
    """Colour the words of a row whose metric got better or worse; all others are for the reader."""
    words, better = row[WORDS], CATALOGUE[metric].better
    is_less, is_more = words in {"faster", "fewer", "less"}, words in {"slower", "more"}
    if better == "neither" or not (is_less or is_more):
        return row
    is_good = words == "faster" or (words != "slower" and is_more == (better == "higher"))
    return [*row[:WORDS], painted(words, "green" if is_good else "red"), *row[WORDS + 1 :]]


def _left_out(bodies: Iterable[list[list[str]]], width: int | None, *, is_labelled: bool) -> frozenset[str]:
    """Return the fewest columns without which every table fits, or the most that may go."""
    known = list(bodies)
    for gone in LEFT_OUT:
        wide = max((widest(_laid_out(body, gone, is_labelled=is_labelled)) for body in known), default=0)
        if wide <= (width or PIPED):
            return gone
    return LEFT_OUT[-1]


def _laid_out(body: list[list[str]], gone: frozenset[str], *, is_labelled: bool) -> list[str]:
    heading = [*HEADING, *([NAMES] if is_labelled else [])]
    kept = [index for index, name in enumerate(heading) if name not in gone]
    names = [heading[index] for index in kept]
    left = [names.index(name) for name in ("", "in words", NAMES) if name in names]
    return table(names, [[row[index] for index in kept] for row in body], left=left)


def _legend(gone: frozenset[str]) -> list[str]:
    """Say what the columns mean, and where those are for which there was no room."""
    meant = ["counts are means of the repetitions, all else medians"]
    meant += [] if INTERVAL in gone else [f"{INTERVAL}: of the ratio new to base"]
    meant += [] if "p" in gone else [TESTS]
    wanting = ", ".join(name for name in (INTERVAL, "p", "δ") if name in gone)
    return ["; ".join(meant), *([f"no room for {wanting}: see --format json"] if wanting else [])]


def render_markdown(comparisons: Sequence[ScenarioComparison], judgements: Sequence[Judgement]) -> str:
    """Return the comparison as Markdown for a pull request."""
    blocks: list[str] = []
    for one in comparisons:
        title, *rest = _title(one)
        blocks += [f"## {escaped(title)}", "\n\n".join(escaped(line) for line in rest)]
        for column in one.columns:
            body = [[escaped(cell) for cell in row] for row in _rows(column)]
            blocks += ["\n\n".join(escaped(line) for line in _settings(column))]
            blocks += [tabulate(body, HEADING, tablefmt="pipe", disable_numparse=True)]
    blocks.append("\n".join(f"- {escaped(line)}" for line in [*_gates(judgements), *_verdict(judgements)]))
    return "\n\n".join(block for block in blocks if block)


def render_json(comparisons: Sequence[ScenarioComparison], judgements: Sequence[Judgement]) -> str:
    """Return the comparison as JSON; a time that never ended is null, with the side's name in `censored`."""
    document = {
        "schema": 1,
        "scenarios": [_scenario(one) for one in comparisons],
        "fail_on": [msgspec.to_builtins(one) for one in judgements],
        "verdict": verdict_of(judgements) if judgements else None,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _title(one: ScenarioComparison) -> list[str]:
    if not one.base or not one.new:
        return [f"{printable(one.name, 80)}: only {'the base' if one.base else 'the new side'} ran it"]
    lines = [f"{printable(one.name, 80)}: base {_runs(one.base)} against new {_runs(one.new)}"]
    lines += [f"PLANS DIFFER: {printable(what)}" for what in one.plan_differences]
    if one.versions:
        lines.append("versions: " + "; ".join(_changed(key, pair) for key, pair in one.versions.items()))
    doubts = [(column.label, doubt) for column in one.columns for doubt in column.doubts]
    lines += [f"IN DOUBT: {printable(label, 60)}: {printable(str(doubt), 300)}" for label, doubt in doubts]
    lines += [
        f"times are not compared: {printable(column.label, 60)}: {printable(str(found), 300)}"
        for column in one.columns
        for found in column.overloaded
    ]
    for side, labels in (("the base", one.removed), ("the new side", one.added)):
        if labels:
            lines.append(f"only {side} ran: {', '.join(printable(label, 60) for label in labels)}")
    return lines


def _runs(ids: Sequence[str]) -> str:
    return printable(ids[0], 80) if len(ids) == 1 else f"{len(ids)} runs ({printable(ids[0], 80)} …)"


def _settings(column: ComparedColumn) -> list[str]:
    number = max((len(one.base), len(one.new)) for one in column.changes.values()) if column.changes else (0, 0)
    lines = [f"{printable(column.label, 60)} · {number[0]} against {number[1]} repetitions"]
    told = [_changed(key, pair) for key, pair in column.settings.items()]
    if told:
        more = f"; and {len(told) - MOST_SETTINGS} more" if len(told) > MOST_SETTINGS else ""
        lines.append(f"settings changed: {'; '.join(told[:MOST_SETTINGS])}{more}")
    return lines


def _changed(key: str, pair: tuple[object, object]) -> str:
    was, now = (ABSENT if value is None else printable(value, 60) for value in pair)
    return f"{printable(key, 60)} {was} → {now}"


def _rows(column: ComparedColumn) -> Iterator[list[str]]:
    for names in TABLE.values():
        for name in names:
            change = column.changes.get(name)
            if change is not None and _is_telling(change):
                yield _row(change)


def _is_telling(change: Change) -> bool:
    return CATALOGUE[change.metric].is_always_shown or any(change.base) or any(change.new)


def _row(change: Change) -> list[str]:
    unit = CATALOGUE[change.metric].unit
    between = change.between
    interval = ratio(between).partition(" ")[2] if between else ""
    return [
        change.metric,
        _center(change.metric, change.base),
        _center(change.metric, change.new),
        _difference(change, unit),
        interval,
        *_tested(change),
        _words(change),
    ]


def _tested(change: Change) -> tuple[str, str]:
    """Return the two-sided Mann-Whitney probability and Cliff's delta; nothing where nothing was tested."""
    between = _between(change)
    return (f"{between.p:.2g}", f"{between.delta:+.2f}") if between else ("", "")


def _between(change: Change) -> Between | None:
    return None if change.between is None or change.between.words == "overloaded" else change.between


def _words(change: Change) -> str:
    if not change.base or not change.new:
        return f"only in the {'base' if change.base else 'new run'}"
    if set(change.base) == set(change.new) and len(set(change.base)) == 1:
        return "the same"
    return change.between.words if change.between else ""


def _center(metric: str, values: Sequence[float]) -> str:
    return figure(center(metric, values), CATALOGUE[metric].unit) if values else ABSENT


def _difference(change: Change, unit: str) -> str:
    if change.absolute is None:
        return ABSENT
    if math.isinf(change.absolute):
        return "now never" if change.absolute > 0 else "no longer never"
    if change.absolute == 0:
        return "0"
    sign = "+" if change.absolute > 0 else "−"
    share = change.relative
    is_told = share is not None and not math.isinf(share) and round(share * 100)
    relative = f" ({share * 100:+.0f} %)".replace("-", "−") if is_told and share is not None else ""
    return f"{sign}{figure(abs(change.absolute), unit)}{relative}"


def _gates(judgements: Sequence[Judgement]) -> list[str]:
    """Return a line for each gate and system, those that fail first."""
    return [
        f"{SAID[one.verdict]:8}{printable(one.gate, 120)} "
        f"on {printable(one.system, 60)} ({printable(one.scenario, 80)}): {one.why}"
        for one in sorted(judgements, key=lambda one: WORST_FIRST.index(one.verdict))
    ]


def _verdict(judgements: Sequence[Judgement]) -> list[str]:
    """Return the verdict on the gates in one line; none without gates."""
    if not judgements:
        return []
    said = [one.verdict for one in judgements]
    counts = [f"{said.count(word)} {SAID[word]}" for word in WORST_FIRST if word in said]
    return [f"verdict {verdict_of(judgements)}: {len(said)} gate{'' if len(said) == 1 else 's'}, {', '.join(counts)}"]


# -- JSON


def _scenario(one: ScenarioComparison) -> dict[str, Any]:
    return {
        "name": one.name,
        "base": one.base,
        "new": one.new,
        "plan_differences": one.plan_differences,
        "versions": _pairs(one.versions),
        "systems": {column.label: _column(column) for column in one.columns},
        "gone": one.removed,
        "added": one.added,
    }


def _pairs(differing: Mapping[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {"base": was, "new": now} for key, (was, now) in differing.items()}


def _column(column: ComparedColumn) -> dict[str, Any]:
    return {
        "settings": _pairs(column.settings),
        "doubts": [str(one) for one in column.doubts],
        "overloaded": [str(one) for one in column.overloaded],
        "metrics": {name: _change(change) for name, change in column.changes.items()},
    }


def _change(change: Change) -> dict[str, Any]:
    between = _between(change)
    return {
        "base": change.base,
        "new": change.new,
        "censored": [side for side, values in (("base", change.base), ("new", change.new)) if math.inf in values],
        "change": change.absolute,
        "relative": change.relative,
        "ratio": between.ratio if between else None,
        "interval": between.interval if between else None,
        "p": between.p if between else None,
        "delta": between.delta if between else None,
        "words": _words(change),
    }
