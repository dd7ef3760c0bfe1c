"""Gates: `--fail-on "recovery_p95 > +20% and > +200ms"`, read, and judged on a comparison. Pure.

A gate fails only if every one of its limits is passed *and* the change is beyond what repetitions spread by chance;
within that spread the data cannot tell. A limit that was not passed settles it, however few the repetitions. What never
happened in any repetition of the base, a loss or a time that never ends, is a fact and needs no statistics. Figures of
a run whose checks are not all valid, times of a machine that was overloaded, and what the new side no longer ran, tell
nothing.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.catalogue import CATALOGUE, Metric
from harness.comparing import inference
from harness.comparing.runs import Change, ComparedColumn, ScenarioComparison
from harness.errors import UsageInvalid
from harness.planning.reading.decode import meant
from harness.planning.reading.expectations import in_unit_of

Verdict = Literal["pass", "fail", "unknown", "n/a"]
WORST_FIRST: tuple[Verdict, ...] = ("fail", "unknown", "pass")
EXAMPLE = '"recovery_p95 > +20% and > +200ms"'

_WHOLE = re.compile(r"\s*(?P<operand>[^\s<>=!]+)\s*(?P<limits>[<>].*)$", re.DOTALL)
# A limit has a sign of its own (`> +20%`): it is of a change, and cannot be mistaken for an expectation of a value.
_LIMIT = re.compile(r"(?P<op>[<>])\s*(?P<sign>[+-])(?P<amount>\d\S*)")


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a metric may change: `amount` in its unit, or as a share of the base if `is_relative`."""

    op: Literal["<", ">"]
    amount: float
    is_relative: bool

    def is_passed(self, change: Change) -> bool | None:
        """Say whether the change goes beyond the limit; None where there is nothing to say it of."""
        moved = change.relative if self.is_relative else change.absolute
        if moved is None:
            return None
        return moved > self.amount if self.op == ">" else moved < self.amount


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on which a comparison fails; `label` None: on every system."""

    text: str
    metric: str
    label: str | None
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A gate judged on one system of one scenario, with the reason."""

    gate: str
    scenario: str
    system: str
    verdict: Verdict
    why: str


def read_gate(text: str) -> Gate:
    """Read a gate; raises UsageInvalid with the word that is wrong."""
    match = _WHOLE.match(text)
    if match is None:
        raise UsageInvalid(f"--fail-on {text!r}: expected a metric and limits, such as {EXAMPLE}")
    label, _, name = match["operand"].rpartition(".")
    if name not in CATALOGUE:
        raise UsageInvalid(f"--fail-on {text!r}: unknown metric {name!r}{meant(name, CATALOGUE)}; see `chaos metrics`")
    parts = re.split(r"\s+and\s+", match["limits"].strip())
    return Gate(text, name, label or None, tuple(_limit(part, CATALOGUE[name], text) for part in parts))


def _limit(part: str, metric: Metric, text: str) -> Limit:
    match = _LIMIT.fullmatch(part.strip())
    if match is None:
        raise UsageInvalid(f"--fail-on {text!r}: expected a limit such as > +20% or < -5, found {part.strip()!r}")
    word, sign = match["amount"], -1 if match["sign"] == "-" else 1
    if word.endswith("%"):
        share = _share(word)
        if share is None:
            raise UsageInvalid(f"--fail-on {text!r}: expected a percentage, found {word!r}")
        return Limit(match["op"], sign * share, is_relative=True)  # type: ignore[arg-type]
    amount, expected = in_unit_of(metric, word)
    if amount is None:
        raise UsageInvalid(
            f"--fail-on {text!r}: {metric.name} is measured in {metric.unit}: expected {expected}, found {word!r}"
        )
    return Limit(match["op"], sign * amount, is_relative=False)  # type: ignore[arg-type]


def _share(word: str) -> float | None:
    """Read a percentage; None where it is none, or has so many digits that it would be infinite."""
    try:
        share = float(word[:-1]) / 100
    except ValueError:
        return None
    return share if math.isfinite(share) else None


def judge_gates(gates: Sequence[Gate], comparisons: Sequence[ScenarioComparison]) -> list[Judgement]:
    """Judge every gate on every system of every scenario; raises UsageInvalid for a label that nothing has."""
    return [judgement for gate in gates for judgement in _judge(gate, comparisons)]


def verdict_of(judgements: Sequence[Judgement]) -> Verdict:
    """Return the worst: fail, unknown, pass; unknown where nothing at all could be judged."""
    verdicts = {judgement.verdict for judgement in judgements}
    return next((verdict for verdict in WORST_FIRST if verdict in verdicts), "unknown")


def _judge(gate: Gate, comparisons: Sequence[ScenarioComparison]) -> list[Judgement]:
    labels = {column.label for comparison in comparisons for column in comparison.columns}
    if gate.label is not None and gate.label not in labels:
        raise UsageInvalid(f"--fail-on {gate.text!r}: no system {gate.label!r} in both: {', '.join(sorted(labels))}")
    return [
        Judgement(gate.text, comparison.name, label, verdict, why)
        for comparison in comparisons
        for label, verdict, why in _on_scenario(gate, comparison)
        if gate.label in {None, label}
    ]


def _on_scenario(gate: Gate, comparison: ScenarioComparison) -> Iterator[tuple[str, Verdict, str]]:
    """Judge a gate on all systems of a scenario; yields (system, verdict, why)."""
    for column in comparison.columns:
        yield column.label, *_on_column(gate, column)
    for label in comparison.removed:
        yield label, "unknown", "only the base ran it"


def _on_column(gate: Gate, column: ComparedColumn) -> tuple[Verdict, str]:
    """Judge a gate on one system; what is in doubt is named here, and told in full where the comparison begins."""
    # Before the figures are looked at: those of a broken experiment must neither pass a job nor fail it.
    if column.doubts:
        return "unknown", "in doubt: " + "; ".join(doubt.claim for doubt in column.doubts)
    if column.overloaded and CATALOGUE[gate.metric].kind == "time":
        where = "; ".join(doubt.claim for doubt in column.overloaded)
        return "unknown", f"times of a machine that was the bottleneck are not compared: {where}"
    return _on_change(gate, column.changes.get(gate.metric))


def _on_change(gate: Gate, change: Change | None) -> tuple[Verdict, str]:
    """Judge a gate on what its figure did, None where neither side has it.

    Facts come first, then the limits, and the statistics last: only a change beyond every limit needs them.
    """
    if change is None:
        # A gate on every system may well ask one for what it cannot have, such as an engine's CPU. One that names the
        # system expects the figure to be there.
        return ("n/a" if gate.label is None else "unknown"), "neither side has such a figure"
    if not change.base or not change.new:
        return "unknown", f"only {'the base' if change.base else 'the new run'} has such a figure"
    # No test has to say so, and no median may hide it: one endless time in five may leave the median as it was.
    if _never_anew(change) and all(limit.op == ">" for limit in gate.limits):
        never = sum(map(math.isinf, change.new))
        return "fail", f"never came in {never} of {len(change.new)} repetitions; in the base it always did"
    passed = [limit.is_passed(change) for limit in gate.limits]
    # False before None: a limit that was not passed settles the gate even where another one cannot be told.
    if False in passed:
        return "pass", "within the limit"
    if None in passed:
        return "unknown", "there is no share of a base that never came"
    return _beyond_spread(change)


def _never_anew(change: Change) -> bool:
    """Say whether a time never ended on the new side, and always did in the base: a fact, whatever the medians are."""
    return math.inf in change.new and math.inf not in change.base


def _beyond_spread(change: Change) -> tuple[Verdict, str]:
    """Say whether a change beyond its limits is more than repetitions spread by themselves.

    A gate names its figure before anything is seen, so it is tested alone: no family, and no correction.
    """
    is_new_fact = CATALOGUE[change.metric].kind == "count" and not any(change.base)
    if is_new_fact:
        return "fail", "the base had none in any repetition"
    sides = f"{len(change.base)} against {len(change.new)} repetitions"
    difference = inference.difference(change.base, change.new)
    if difference.p <= inference.ALPHA:
        return "fail", f"beyond the limit and the spread of {sides}"
    # Never a pass from here on. The change was beyond what was allowed, and more repetitions may confirm it.
    if difference.least_p > inference.ALPHA:
        return "unknown", f"beyond the limit, but {sides} cannot tell it from chance"
    return "unknown", f"beyond the limit, but within the spread of {sides}"
