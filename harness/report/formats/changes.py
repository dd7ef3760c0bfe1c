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
from harness.report.sections.verdicts import VERDICT_WORDS, WORST_FIRST
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
    gated = {read_gate(judgement.gate).metric for judgement in judgements}
    pick = _rows if is_full else partial(_headlines, gated=gated)
    bodies = {
        (comparison.name, column.label): list(pick(column))
        for comparison in comparisons
        for column in comparison.columns
    }
    if color:
        bodies = {key: [_toned(row, row[-1 if not is_full else 0]) for row in body] for key, body in bodies.items()}
    omitted = _left_out(bodies.values(), width, is_labelled=not is_full)
    blocks = [_verdict(judgements)]
    for comparison in comparisons:
        blocks.append(folded(_title(comparison), width))
        for column in comparison.columns:
            lines = _laid_out(bodies[comparison.name, column.label], omitted, is_labelled=not is_full)
            blocks.append([*folded(_settings(column), width), *lines])
    blocks += [folded(_legend(omitted) if bodies else [], width), folded(_gates(judgements), width, " " * 8)]
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
    for omitted in LEFT_OUT:
        wide = max((widest(_laid_out(body, omitted, is_labelled=is_labelled)) for body in known), default=0)
        if wide <= (width or PIPED):
            return omitted
    return LEFT_OUT[-1]


def _laid_out(body: list[list[str]], omitted: frozenset[str], *, is_labelled: bool) -> list[str]:
    heading = [*HEADING, *([NAMES] if is_labelled else [])]
    kept = [index for index, name in enumerate(heading) if name not in omitted]
    names = [heading[index] for index in kept]
    left = [names.index(name) for name in ("", "in words", NAMES) if name in names]
    return table(names, [[row[index] for index in kept] for row in body], left=left)


def _legend(omitted: frozenset[str]) -> list[str]:
    """Say what the columns mean, and where those are for which there was no room."""
    meant = ["counts are means of the repetitions, all else medians"]
    meant += [] if INTERVAL in omitted else [f"{INTERVAL}: of the ratio new to base"]
    meant += [] if "p" in omitted else [TESTS]
    wanting = ", ".join(name for name in (INTERVAL, "p", "δ") if name in omitted)
    return ["; ".join(meant), *([f"no room for {wanting}: see --format json"] if wanting else [])]


def render_markdown(comparisons: Sequence[ScenarioComparison], judgements: Sequence[Judgement]) -> str:
    """Return the comparison as Markdown for a pull request."""
    blocks: list[str] = []
    for comparison in comparisons:
        title, *rest = _title(comparison)
        blocks += [f"## {escaped(title)}", "\n\n".join(escaped(line) for line in rest)]
        for column in comparison.columns:
            body = [[escaped(cell) for cell in row] for row in _rows(column)]
            blocks += ["\n\n".join(escaped(line) for line in _settings(column))]
            blocks += [tabulate(body, HEADING, tablefmt="pipe", disable_numparse=True)]
    blocks.append("\n".join(f"- {escaped(line)}" for line in [*_gates(judgements), *_verdict(judgements)]))
    return "\n\n".join(block for block in blocks if block)


def render_json(comparisons: Sequence[ScenarioComparison], judgements: Sequence[Judgement]) -> str:
    """Return the comparison as JSON; a time that never ended is null, with the side's name in `censored`."""
    document = {
        "schema": 1,
        "scenarios": [_scenario(comparison) for comparison in comparisons],
        "fail_on": [msgspec.to_builtins(judgement) for judgement in judgements],
        "verdict": verdict_of(judgements) if judgements else None,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _title(comparison: ScenarioComparison) -> list[str]:
    if not comparison.base or not comparison.new:
        return [f"{printable(comparison.name, 80)}: only {'the base' if comparison.base else 'the new side'} ran it"]
    lines = [f"{printable(comparison.name, 80)}: base {_runs(comparison.base)} against new {_runs(comparison.new)}"]
    lines += [f"PLANS DIFFER: {printable(what)}" for what in comparison.plan_differences]
    if comparison.versions:
        lines.append("versions: " + "; ".join(_changed(key, pair) for key, pair in comparison.versions.items()))
    doubts = [(column.label, doubt) for column in comparison.columns for doubt in column.doubts]
    lines += [f"IN DOUBT: {printable(label, 60)}: {printable(str(doubt), 300)}" for label, doubt in doubts]
    lines += [
        f"times are not compared: {printable(column.label, 60)}: {printable(str(doubt), 300)}"
        for column in comparison.columns
        for doubt in column.overloaded
    ]
    for side, labels in (("the base", comparison.gone), ("the new side", comparison.added)):
        if labels:
            lines.append(f"only {side} ran: {', '.join(printable(label, 60) for label in labels)}")
    return lines


def _runs(ids: Sequence[str]) -> str:
    return printable(ids[0], 80) if len(ids) == 1 else f"{len(ids)} runs ({printable(ids[0], 80)} …)"


def _settings(column: ComparedColumn) -> list[str]:
    number = (
        max((len(change.base), len(change.new)) for change in column.changes.values()) if column.changes else (0, 0)
    )
    lines = [f"{printable(column.label, 60)} · {number[0]} against {number[1]} repetitions"]
    changed = [_changed(key, pair) for key, pair in column.settings.items()]
    if changed:
        more = f"; and {len(changed) - MOST_SETTINGS} more" if len(changed) > MOST_SETTINGS else ""
        lines.append(f"settings changed: {'; '.join(changed[:MOST_SETTINGS])}{more}")
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
    is_share_shown = share is not None and not math.isinf(share) and round(share * 100)
    relative = f" ({share * 100:+.0f} %)".replace("-", "−") if is_share_shown and share is not None else ""
    return f"{sign}{figure(abs(change.absolute), unit)}{relative}"


def _gates(judgements: Sequence[Judgement]) -> list[str]:
    """Return a line for each gate and system, those that fail first."""
    return [
        f"{VERDICT_WORDS[judgement.verdict]:8}{printable(judgement.gate, 120)} "
        f"on {printable(judgement.system, 60)} ({printable(judgement.scenario, 80)}): {judgement.why}"
        for judgement in sorted(judgements, key=lambda judgement: WORST_FIRST.index(judgement.verdict))
    ]


def _verdict(judgements: Sequence[Judgement]) -> list[str]:
    """Return the verdict on the gates in one line; none without gates."""
    if not judgements:
        return []
    verdicts = [judgement.verdict for judgement in judgements]
    counts = [f"{verdicts.count(word)} {VERDICT_WORDS[word]}" for word in WORST_FIRST if word in verdicts]
    gates = f"{len(verdicts)} gate{'' if len(verdicts) == 1 else 's'}"
    return [f"verdict {verdict_of(judgements)}: {gates}, {', '.join(counts)}"]


# -- JSON


def _scenario(comparison: ScenarioComparison) -> dict[str, Any]:
    return {
        "name": comparison.name,
        "base": comparison.base,
        "new": comparison.new,
        "plan_differences": comparison.plan_differences,
        "versions": _pairs(comparison.versions),
        "systems": {column.label: _column(column) for column in comparison.columns},
        "gone": comparison.gone,
        "added": comparison.added,
    }


def _pairs(differing: Mapping[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {"base": was, "new": now} for key, (was, now) in differing.items()}


def _column(column: ComparedColumn) -> dict[str, Any]:
    return {
        "settings": _pairs(column.settings),
        "doubts": [str(doubt) for doubt in column.doubts],
        "overloaded": [str(doubt) for doubt in column.overloaded],
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
