"""A comparison of runs with runs: metric by metric what changed, and whether the data can tell. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import center, compare, overloaded, values_of
from harness.errors import UsageInvalid
from harness.runfolder.result import Between, Repetition
from harness.runfolder.stored import PlannedWorkload, Stored

_SYSTEMS_OWN = frozenset({"systems", "expect", "description", "repeat"})
"""What may differ between runs that are worth comparing: systems are what is compared, the rest judges or repeats."""
_FAULTS_OWN = frozenset({"line", "name"})
"""What a fault is called and where it is written changes nothing that is done."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one system: base and new values, a repetition each, and how they differ.

    `between` is None where a side has no value, or the metric no better direction.
    """

    metric: str
    base: tuple[float, ...]
    new: tuple[float, ...]
    between: Between | None

    @property
    def absolute(self) -> float | None:
        """The difference of the centers, in the metric's unit; infinite where it no longer ever comes."""
        if not self.base or not self.new:
            return None
        below, above = center(self.metric, self.base), center(self.metric, self.new)
        # Two times that never came are the same; ∞ - ∞ is no number.
        return 0.0 if below == above else above - below

    @property
    def relative(self) -> float | None:
        """The difference as a share of the base; None where the base is 0 or never came."""
        change = self.absolute
        if change is None:
            return None
        below = center(self.metric, self.base)
        if change == 0:
            return 0.0
        return math.inf if below == 0 and change > 0 else None if not below or math.isinf(below) else change / below


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a check has against one side, in the same words for each of these repetitions.

    `verdict` is the check's name with what it came to, "overloaded" alone where the machine was the bottleneck.
    """

    side: str
    repetitions: tuple[int, ...]
    verdict: str
    detail: str

    @property
    def claim(self) -> str:
        """Say which check of which repetitions it is, without the evidence."""
        *most, last = map(str, self.repetitions)
        where = f"repetitions {', '.join(most)} and {last}" if most else f"repetition {last}"
        return f"{self.side}, {where}: {self.verdict}"

    def __str__(self) -> str:
        return f"{self.claim}, {self.detail}"


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """A system that both sides ran: what differs in its settings, its changes, and what speaks against trusting them.

    `doubts` are the checks of either side that are not valid: figures of such a run prove nothing. Where a machine was
    `overloaded`, its times prove nothing, and all else does.
    """

    label: str
    settings: dict[str, tuple[Any, Any]]
    changes: dict[str, Change]
    doubts: tuple[Doubt, ...] = ()
    overloaded: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioComparison:
    """A scenario; `plan_differences` is empty if both sides planned the same.

    Of one that a side did not run, `base` or `new` is empty. `removed` are the systems that only the base ran, `added`
    those that only the new side did.
    """

    name: str
    base: tuple[str, ...]
    new: tuple[str, ...]
    plan_differences: tuple[str, ...]
    versions: dict[str, tuple[Any, Any]]
    columns: tuple[ComparedColumn, ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]


def compare_runs(base: Sequence[Stored], new: Sequence[Stored], *, is_forced: bool) -> list[ScenarioComparison]:
    """Compare two runs, or two sets of them, scenario by scenario; what only one side ran comes last, without figures.

    Raises UsageInvalid if they have no scenario in common, or, unless forced, planned different things.
    """
    before, after = _by_scenario(base), _by_scenario(new)
    common = [name for name in before if name in after]
    if not common:
        raise UsageInvalid(f"nothing to compare: {', '.join(before)} on one side, {', '.join(after)} on the other")
    comparisons = [_compare(name, before[name], after[name]) for name in common]
    unmatched = sorted(before.keys() ^ after)
    comparisons += [_unmatched(name, before.get(name, []), after.get(name, [])) for name in unmatched]
    differences = [f"  {comparison.name}: {what}" for comparison in comparisons for what in comparison.plan_differences]
    # Other tickets or other faults make other figures: what would be compared then are two scenarios.
    if differences and not is_forced:
        listed = "\n".join(differences)
        raise UsageInvalid(f"the plans differ, so their figures cannot be set side by side (--force does):\n{listed}")
    return comparisons


def _by_scenario(runs: Sequence[Stored]) -> dict[str, list[Stored]]:
    by_name: dict[str, list[Stored]] = {}
    for run in runs:
        by_name.setdefault(run.result.scenario.name, []).append(run)
    return by_name


def _compare(name: str, base: Sequence[Stored], new: Sequence[Stored]) -> ScenarioComparison:
    before, after = _repetitions(base), _repetitions(new)
    labels = [label for label in before if label in after]
    return ScenarioComparison(
        name=name,
        base=tuple(run.result.run_id for run in base),
        new=tuple(run.result.run_id for run in new),
        plan_differences=tuple(_plan_differences(base, new)),
        versions=_differing(_versions(base[-1]), _versions(new[-1])),
        columns=tuple(_column(label, base[-1], new[-1], before[label], after[label]) for label in labels),
        removed=tuple(label for label in before if label not in after),
        added=tuple(label for label in after if label not in before),
    )


def _unmatched(name: str, base: Sequence[Stored], new: Sequence[Stored]) -> ScenarioComparison:
    before, after = (tuple(run.result.run_id for run in runs) for runs in (base, new))
    return ScenarioComparison(name, before, after, (), {}, (), tuple(_repetitions(base)), tuple(_repetitions(new)))


def _repetitions(runs: Sequence[Stored]) -> dict[str, list[Repetition]]:
    by_label: dict[str, list[Repetition]] = {}
    for run in runs:
        for label, system in run.result.systems.items():
            by_label.setdefault(label, []).extend(system.repetitions)
    return by_label


def _column(
    label: str, base: Stored, new: Stored, before: Sequence[Repetition], after: Sequence[Repetition]
) -> ComparedColumn:
    settings = [flat(run.result.systems[label].settings) if label in run.result.systems else {} for run in (base, new)]
    differences = {difference.metric: difference for difference in compare("base", before, label, after)}
    changes = {
        name: Change(name, tuple(values_of(name, before)), tuple(values_of(name, after)), differences.get(name))
        for name in CATALOGUE
    }
    measured = {name: change for name, change in changes.items() if change.base or change.new}
    sides = (("the base", before), ("the new run", after))
    return ComparedColumn(
        label,
        _differing(*settings),
        measured,
        doubts=tuple(doubt for side, repetitions in sides for doubt in _doubts(side, repetitions)),
        overloaded=tuple(doubt for side, repetitions in sides for doubt in _overloaded(side, repetitions)),
    )


def _doubts(side: str, repetitions: Sequence[Repetition]) -> list[Doubt]:
    """Return what checks have against repetitions, once for all that share it; being overloaded is no doubt."""
    by_words: dict[tuple[str, str], list[int]] = {}
    for number, repetition in enumerate(repetitions, start=1):
        for check in repetition.checks:
            # Overload spoils times alone, and is kept apart so that losses and duplicates can still be judged.
            if check.verdict not in {"valid", "overloaded"}:
                by_words.setdefault((f"{check.name} {check.verdict}", check.detail), []).append(number)
    return [Doubt(side, tuple(numbers), verdict, detail) for (verdict, detail), numbers in by_words.items()]


def _overloaded(side: str, repetitions: Sequence[Repetition]) -> list[Doubt]:
    """Return in one line in which repetitions the machine was the bottleneck, with what was seen in the first."""
    details = overloaded(repetitions)
    return [Doubt(side, tuple(details), "overloaded", next(iter(details.values())))] if details else []


# -- are they comparable


def _plan_differences(base: Sequence[Stored], new: Sequence[Stored]) -> list[str]:
    """Say how what the systems were put through differs; sets of runs are compared as sets."""
    # A nightly job may add runs to either side, in any number and order; each side is what it went through, not how
    # often.
    before, after = ({_fingerprint(run.workload) for run in runs} for runs in (base, new))
    if before == after:
        return []
    earlier = next((run.workload for run in base if _fingerprint(run.workload) not in after), base[0].workload)
    later = next((run.workload for run in new if _fingerprint(run.workload) not in before), new[0].workload)
    differing = _differing(_compared(earlier), _compared(later))
    differences = [f"{key}: {_shown(was)} → {_shown(now)}" for key, (was, now) in differing.items()]
    if not differences and len(before) != len(after):
        return [f"{len(before)} different plans on one side, {len(after)} on the other"]
    return differences or ["the same scenario and seed gave other tickets or faults: another version planned them"]


def _fingerprint(workload: PlannedWorkload) -> tuple[str, bytes, bytes]:
    return repr(sorted(_compared(workload).items())), bytes(workload.tickets), bytes(workload.faults)


def _compared(workload: PlannedWorkload) -> dict[str, Any]:
    # Changed settings of a system are what a comparison is for: they are listed, and refuse nothing.
    scenario = {key: value for key, value in workload.scenario.items() if key not in _SYSTEMS_OWN}
    faults = [
        {key: value for key, value in fault.items() if key not in _FAULTS_OWN} for fault in scenario.get("faults", ())
    ]
    keys = flat({**scenario, "faults": faults})
    # A key that a later version knows, and that is not set, plans nothing else than its absence did.
    return {"seed": workload.seed, **{key: value for key, value in keys.items() if value is not None}}


def _versions(run: Stored) -> dict[str, Any]:
    return flat({key: run.result.environment.get(key) for key in ("harness", "python", "cores", "packages")})


def _differing(base: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = list(dict.fromkeys([*base, *new]))
    return {key: (base.get(key), new.get(key)) for key in keys if base.get(key) != new.get(key)}


def flat(value: object, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings and lists as one mapping with dotted keys; lists count from 1."""
    pairs: list[tuple[str, Any]]
    if isinstance(value, Mapping):
        pairs = [(f"{prefix}.{key}" if prefix else str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [(f"{prefix}.{number}", inner) for number, inner in enumerate(value, start=1)]
    else:
        return {prefix: value}
    return {key: leaf for name, inner in pairs for key, leaf in flat(inner, name).items()}


def _shown(value: object) -> str:
    return "absent" if value is None else str(value)
