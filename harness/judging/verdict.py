"""The verdict: expectations on every repetition, and what they and the checks come to."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from harness.catalogue import CATALOGUE
from harness.planning.scenario import Expectation, Operand, Scenario
from harness.runfolder.result import ExpectationResult, Judged, Repetition, Verdict

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
BETTER_SIDE = {"lower": frozenset({"<", "<="}), "higher": frozenset({">", ">="})}
"""The operators that ask a metric to be good, by its better direction."""
WORSE_SIDE = {"lower": BETTER_SIDE["higher"], "higher": BETTER_SIDE["lower"]}
Repetitions = Mapping[str, Sequence[Repetition]]
"""The selected systems by label, each with its repetitions; some may be missing where a run broke off."""


def judge_expectations(scenario: Scenario, repetitions: Repetitions, repeat: int) -> tuple[ExpectationResult, ...]:
    """Judge every expectation, repetition by repetition; all must hold."""
    return tuple(_judge(expectation, scenario, repetitions, repeat) for expectation in scenario.expect)


def overall(expectations: Sequence[ExpectationResult], repetitions: Repetitions, repeat: int) -> Verdict:
    """Return fail if an expectation fails or a check is invalid, else unknown if anything is, else pass."""
    begun = [repetition for of_system in repetitions.values() for repetition in of_system]
    checks = [check.verdict for repetition in begun for check in repetition.checks]
    verdicts = [expectation.verdict for expectation in expectations]
    # Unknown never outranks a failure: what was seen to break is not made uncertain by evidence that lacks elsewhere. A
    # contradiction in the records fails too: it is evidence, where unknown is the lack of it.
    if "fail" in verdicts or "invalid" in checks:
        return "fail"
    # `all` over nothing is true: a run that never began, or a system that took nothing up, would pass by having no
    # fault.
    is_complete = bool(repetitions) and all(len(of_system) == repeat for of_system in repetitions.values())
    took_up = all(repetition.took_up for repetition in begun)
    if "unknown" in verdicts or "unknown" in checks or not is_complete or not took_up:
        return "unknown"
    return "pass"


def _judge(expectation: Expectation, scenario: Scenario, repetitions: Repetitions, repeat: int) -> ExpectationResult:
    judged = [
        _on_repetition(expectation, label, number, repetitions)
        for label in _labels(expectation, scenario)
        for number in range(1, repeat + 1)
    ]
    is_deselected = any(label not in repetitions for label in _named(expectation))
    verdict = _sum_up(judged, is_deselected=is_deselected)
    return ExpectationResult(expectation.text, expectation.line, verdict, tuple(judged))


def _labels(expectation: Expectation, scenario: Scenario) -> list[str]:
    """Return the systems to judge on: the one named on the left, or every one, also beside one named on the right."""
    named = expectation.left.label
    return [named] if named else [block.label for block in scenario.systems]


def _named(expectation: Expectation) -> set[str]:
    """Return the labels that the expectation itself names."""
    right = expectation.right.label if isinstance(expectation.right, Operand) else None
    return {label for label in (expectation.left.label, right) if label}


def _sum_up(judged: Sequence[Judged], *, is_deselected: bool) -> Literal["pass", "fail", "unknown", "n/a"]:
    """Return the worst; n/a everywhere is unknown, unless it is because a system that is named was not selected."""
    verdicts = {judgement.verdict for judgement in judged}
    order: tuple[Literal["fail", "unknown", "pass"], ...] = ("fail", "unknown", "pass")
    for worst in order:
        if worst in verdicts:
            return worst
    return "n/a" if is_deselected else "unknown"


def _on_repetition(expectation: Expectation, label: str, number: int, repetitions: Repetitions) -> Judged:
    sides = {label}  # the left side's: where it is named, it is judged on that system alone
    if isinstance(expectation.right, Operand):
        sides.add(expectation.right.label or label)
    # Sorted, so that the same run always gives the same reason, whichever side lacks something first.
    for side in sorted(sides):
        is_named = expectation.left.label is not None or side != label
        why = _why_not_applicable(side, repetitions, is_named=is_named)
        if why:
            return Judged(label, number, None, expectation.op, None, "n/a", why)
    missing = [side for side in sorted(sides) if not _is_complete(repetitions[side], number)]
    if missing:
        return Judged(label, number, None, expectation.op, None, "unknown", f"{missing[0]} did not complete it")
    return _compare(expectation, label, number, {side: repetitions[side][number - 1] for side in sides})


def _is_complete(of_system: Sequence[Repetition], number: int) -> bool:
    return len(of_system) >= number and of_system[number - 1].whole


def _why_not_applicable(side: str, repetitions: Repetitions, *, is_named: bool) -> str:
    """Say why a side has nothing to judge; one that is named is judged although no fault applies to it."""
    if side not in repetitions:
        return f"{side} was not selected"
    if is_named or not repetitions[side]:
        return ""
    faults = repetitions[side][0].faults
    # Otherwise `lost == 0` would pass on a system that no fault of the scenario can touch: 0 == 0, and nothing shown.
    is_touched = not faults or any(fault.planned + fault.preempted for fault in faults)
    return "" if is_touched else f"no fault applies to {side}"


def _compare(expectation: Expectation, label: str, number: int, sides: Mapping[str, Repetition]) -> Judged:
    left, why_left = _side(expectation.left, label, sides)
    right: float | None = None
    why_right = ""
    if isinstance(expectation.right, Operand):
        right, why_right = _side(expectation.right, label, sides)
        right = None if right is None else right * expectation.factor
    else:
        right = expectation.right
    shown = (_shown(left), expectation.op, _shown(right))
    why = why_left or why_right
    if left is None or right is None:
        return Judged(label, number, *shown, "unknown", why)
    # `∞ <= ∞` holds for the computer, and would pass two systems of which neither ever recovered.
    if math.isinf(left) and math.isinf(right):
        return Judged(label, number, *shown, "unknown", "both sides are censored: neither ever came")
    holds = OPERATORS[expectation.op](left, right)
    doubt = _doubt(expectation, sides, left, holds=holds)
    if doubt:
        return Judged(label, number, *shown, "unknown", doubt)
    return Judged(label, number, *shown, "pass" if holds else "fail", why)


def _doubt(expectation: Expectation, sides: Mapping[str, Repetition], left: float, *, holds: bool) -> str:
    """Say why a line cannot be judged although both of its sides have a value; empty where it can."""
    return (
        # A system that did nothing can still fail (`finished >= 1`), and should: only what it passes is worth nothing.
        _missed(expectation, sides)
        or _overloaded(expectation, sides, left, holds=holds)
        or (_idle(sides) if holds else "")
    )


def _idle(sides: Mapping[str, Repetition]) -> str:
    """Say which system took nothing up: whatever holds for it would hold for one that does not run at all."""
    idle = next((label for label, repetition in sorted(sides.items()) if not repetition.took_up), "")
    return f"{idle} took nothing up, and so proves nothing" if idle else ""


def _missed(expectation: Expectation, sides: Mapping[str, Repetition]) -> str:
    """Say which system a fault missed, where the line is about that: the experiment broke, not the system."""
    if not any(CATALOGUE[name].is_of_fates for name in _metrics(expectation)):
        return ""
    for label, repetition in sorted(sides.items()):
        count = repetition.metrics.get("faults_missed")
        if count:
            return f"{count} fault{'s' if count != 1 else ''} missed on {label}: the experiment broke, not a system"
    return ""


def _overloaded(expectation: Expectation, sides: Mapping[str, Repetition], left: float, *, holds: bool) -> str:
    """Say where the machine was too busy for what a line says about times.

    It makes every time longer, and throughput smaller: what is good enough would be so without it too, what is bad may
    be so because of it, and two columns are not slowed down alike. What never came is no matter of speed.
    """
    is_timed = any(CATALOGUE[name].kind == "time" for name in _metrics(expectation))
    busy = [label for label, repetition in sorted(sides.items()) if _is_overloaded(repetition)] if is_timed else []
    if not busy:
        return ""
    if len(sides) > 1:
        return f"overloaded: the machine was too busy for times of {' and '.join(busy)} to be compared"
    better = CATALOGUE[expectation.left.metric].better
    stands = (BETTER_SIDE if holds else WORSE_SIDE).get(better, frozenset())
    is_sure = not isinstance(expectation.right, Operand) and (expectation.op in stands or math.isinf(left))
    return "" if is_sure else f"overloaded: the machine was too busy on {busy[0]} to tell by its times"


def _is_overloaded(repetition: Repetition) -> bool:
    return any(check.verdict == "overloaded" for check in repetition.checks)


def _metrics(expectation: Expectation) -> list[str]:
    """Return the metrics that a line names."""
    right = [expectation.right.metric] if isinstance(expectation.right, Operand) else []
    return [expectation.left.metric, *right]


def _shown(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def _side(operand: Operand, label: str, sides: Mapping[str, Repetition]) -> tuple[float | None, str]:
    """Return a side's value, infinite where it is censored; None with the reason where there is none."""
    repetition = sides[operand.label or label]
    if operand.metric in repetition.censored:
        return math.inf, f"{operand.metric} is censored: some never came"
    value = repetition.metrics.get(operand.metric)
    if value is None:
        return None, repetition.absent.get(operand.metric, f"{operand.metric} has no data")
    return value, ""
