"""What happened, in one sentence of plain words, from a Result."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from harness.catalogue import Group, clauses
from harness.comparing.aggregate import value_of, values_of
from harness.faults.kinds import KINDS
from harness.faults.spec import FaultSpec
from harness.report.sections.overload import overloaded
from harness.report.sections.races import LOST_UPDATES, given_twice, plain_lost_updates
from harness.report.text.figures import ranged, seconds
from harness.runfolder.result import FaultResult, Repetition, Result
from harness.text import printable
from systems.settings import Capability

UNDER_WAY = "under_way"
"""The class of tickets that a run which was ended early left open."""


def story(result: Result, *, is_overload_named: bool = True) -> str:
    """Return the sentence: what struck, then what became of each system's tickets, and how sure that is.

    `is_overload_told`: also which systems were overloaded, for a page that does not say it beside.
    """
    if not result.systems:
        return "No system was run, so nothing can be said."
    clauses, last_submitted = [], None
    for label, system in result.systems.items():
        judged, cut = _parted(system.repetitions)
        submitted = _total("submitted", judged)
        if judged or not cut:
            of = "" if submitted == last_submitted else f" of {submitted} tickets"
            clauses.append(_clause(label, judged, submitted, of))
            last_submitted = submitted
        clauses += _cut_short(label, cut, result.status)
        clauses += _single_point(system.repetitions, result)
        clauses += filter(None, [overloaded(label, system.repetitions)] if is_overload_named else [])
    sentence = f"{_doubt(result)}{_occasion(result)}{'; '.join(clauses)}."
    return sentence[0].upper() + sentence[1:]


def _parted(repetitions: Sequence[Repetition]) -> tuple[list[Repetition], list[Repetition]]:
    """Return the repetitions that can be judged, and those that ended while tickets were under way."""
    parts: tuple[list[Repetition], list[Repetition]] = ([], [])
    for repetition in repetitions:
        parts[bool(repetition.tickets.get(UNDER_WAY))].append(repetition)
    return parts


def under_way(repetitions: Sequence[Repetition]) -> int:
    """Return how many tickets were neither lost nor at an end when a run was ended early."""
    return sum(len(repetition.tickets.get(UNDER_WAY, ())) for repetition in repetitions)


def _cut_short(label: str, cut: Sequence[Repetition], status: str) -> list[str]:
    """Say how many tickets a run that was ended early leaves open, after what had happened all the same."""
    if not cut:
        return []
    name, how = printable(label, 60), "was interrupted" if status == "interrupted" else "broke off"
    happened = [*_sent(cut), *_races(cut)]
    first = [f"{name} had {enumerated(happened)}"] if happened else []
    count = f"{under_way(cut)} of {_total('submitted', cut)} tickets"
    return [*first, f"in {name} {count} were under way when it {how}: nothing is judged of them"]


def _clause(label: str, repetitions: Sequence[Repetition], submitted: int | None, of: str) -> str:
    """Tell of one system; `of` says how many tickets it was sent, where that was not just said."""
    name = printable(label, 60) + _spared(repetitions)
    if not repetitions:
        return f"{name} was not run"
    if submitted is None:
        return f"of {name} nothing is known"
    if not submitted:
        return f"{name} was sent no tickets"
    facts = [_losses(repetitions, of), *_ends(repetitions), *_effects(repetitions), *_races(repetitions)]
    facts += _resumption(repetitions)
    return f"{name} {enumerated(facts)}"


def _spared(repetitions: Sequence[Repetition]) -> str:
    """Say why a fault passed a system by."""
    faults = [fault for repetition in repetitions for fault in repetition.faults]
    # One that the system could take shows that it does not lack that; the others are for other columns.
    taken = {_kind(fault.kind).requires for fault in faults if fault.planned or fault.preempted}
    spared = (_kind(fault.kind).requires for fault in faults if fault.not_applicable)
    lacking = dict.fromkeys(
        f"no {capability.value}" for capability in spared if capability is not None and capability not in taken
    )
    return f", which has {enumerated(list(lacking))}," if lacking else ""


def _has_no_engine(repetitions: Sequence[Repetition]) -> bool:
    faults = [fault for repetition in repetitions for fault in repetition.faults]
    return any(_ends_engine(fault) and fault.not_applicable for fault in faults)


def _ends_engine(fault: FaultResult) -> bool:
    return _kind(fault.kind).requires is Capability.ENGINE


def _single_point(repetitions: Sequence[Repetition], result: Result) -> list[str]:
    """Say what an engine is whose death landed, which other systems have none, and what its death cost."""
    if not _without_engine(repetitions):
        return []
    spared = [printable(label, 60) for label, system in result.systems.items() if _has_no_engine(system.repetitions)]
    lack = f" that {enumerated(spared)} {'does' if len(spared) == 1 else 'do'} not have" if spared else ""
    still = standstill(repetitions)
    return [f"its engine is a single point of failure{lack}{f': {still}' if still else ''}"]


def standstill(repetitions: Sequence[Repetition]) -> str:
    """Say for how long nothing moved where the engine died; empty where it did not, or where that is not known."""
    known = values_of("unavailable", _without_engine(repetitions))
    if not known or math.isinf(max(known)):
        return ""
    low, high = min(known), max(known)
    return f"nothing moved for {seconds(low) if seconds(low) == seconds(high) else ranged(low, high, 's')}"


def _without_engine(repetitions: Sequence[Repetition]) -> list[Repetition]:
    """Return the repetitions in which the engine was seen to die."""
    return [
        repetition
        for repetition in repetitions
        if any(_ends_engine(fault) and fault.landed for fault in repetition.faults)
    ]


def _losses(repetitions: Sequence[Repetition], of: str) -> str:
    lost = _total("lost", repetitions)
    return f"left unknown how many{of or ' tickets'} it lost" if lost is None else f"lost {lost or 'none'}{of}"


def _ends(repetitions: Sequence[Repetition]) -> list[str]:
    facts = []
    failed, expected = (_total(name, repetitions) or 0 for name in ("failed", "failed_as_expected"))
    if expected:
        facts.append(f"failed {expected} as expected")
    if failed > expected:
        facts.append(f"handed {failed - expected} to people who have to finish them by hand")
    facts += [*_happened("durability", repetitions), *_happened("deploys", repetitions)]
    if count := outcome_unknown(repetitions):
        facts.append(f"left {_counted(count, 'client outcome')} unknown")
    return facts


def outcome_unknown(repetitions: Sequence[Repetition]) -> int:
    """Return how many clients never learned what became of their ticket; 0 where these are just the lost ones."""
    count, lost = (_total(name, repetitions) or 0 for name in ("indeterminate", "lost_unacknowledged"))
    return count if count > lost else 0


def _effects(repetitions: Sequence[Repetition]) -> list[str]:
    count = unsent(repetitions)
    return [*_sent(repetitions), *([f"left {_counted(count, 'message')} unsent"] if count else [])]


def _sent(repetitions: Sequence[Repetition]) -> list[str]:
    """Say what was sent again."""
    return _happened("effects", repetitions)


def unsent(repetitions: Sequence[Repetition]) -> int:
    """Return how many messages were due and never sent; of finished tickets alone, where nothing else is known."""
    return _total("effects_unsent", repetitions) or _total("effects_missing", repetitions) or 0


def _races(repetitions: Sequence[Repetition]) -> list[str]:
    """Say what writers did to each other, each write once, and how often a safeguard refused one."""
    if not given_twice(repetitions):
        return _happened("races", repetitions)
    return _happened("races", repetitions, {LOST_UPDATES: (plain_lost_updates(repetitions), "other ")})


def _happened(
    group: Group, repetitions: Sequence[Repetition], known: Mapping[str, tuple[int, str]] = MappingProxyType({})
) -> list[str]:
    """Return the clauses of a group whose counts are not zero; `known` says otherwise how many, and of which."""
    happened = []
    for name, clause in clauses(group):
        count, which = known.get(name, (_total(name, repetitions) or 0, ""))
        if count:
            happened.append(clause.words.format(_counted(count, f"{which}{clause.thing}") if clause.thing else count))
    return happened


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _resumption(repetitions: Sequence[Repetition]) -> list[str]:
    """Say how soon interrupted work went on; a figure that is censored in any repetition is not told."""
    values = [value_of("resume_p50", repetition) for repetition in repetitions]
    known = sorted(value for value in values if value is not None)
    # "Resumed in 0.2 s" of a system that did so four times in five would be the survivors' figure.
    if not known or known[-1] == float("inf"):
        return []
    low, high = seconds(known[0]), seconds(known[-1])
    return [f"resumed in {low}" if low == high else f"resumed in {low} to {high}"]


def _occasion(result: Result) -> str:
    """Say what struck, by what landed in any system."""
    landed: dict[str, int] = {}
    has_faults = False
    for system in result.systems.values():
        for repetition in system.repetitions:
            has_faults = has_faults or bool(repetition.faults)
            for kind in {fault.kind for fault in repetition.faults}:
                count = sum(fault.landed for fault in repetition.faults if fault.kind == kind)
                # The most of any repetition, not the sum: the sentence is of what one run of the scenario does to a
                # system.
                landed[kind] = max(landed.get(kind, 0), count)
    struck = [_fault(kind, count) for kind, count in landed.items() if count]
    if struck:
        return f"when {enumerated(struck)}, "
    return "no fault landed, and " if has_faults else "without any fault, "


def _fault(kind: str, count: int) -> str:
    return _kind(kind).happened[count > 1]


def _kind(name: str) -> type[FaultSpec]:
    """Return a kind; one that a recorded run knows, and this program does not, says what any fault would."""
    return KINDS.get(name, FaultSpec)


def _doubt(result: Result) -> str:
    """Say first what makes the rest uncertain."""
    if result.status != "complete":
        return f"the run was {result.status}; as far as it got, "
    checks = [
        check for system in result.systems.values() for repetition in system.repetitions for check in repetition.checks
    ]
    if any(check.verdict == "invalid" for check in checks):
        return "the experiment is not valid; as recorded, "
    if any(check.verdict == "unknown" for check in checks):
        return "the evidence has gaps; as recorded, "
    return ""


def _total(metric: str, repetitions: Sequence[Repetition]) -> int | None:
    """Add a count up over repetitions; None where one of them lacks it."""
    values = [repetition.metrics.get(metric) for repetition in repetitions]
    return None if any(value is None for value in values) else int(sum(value or 0 for value in values))


def enumerated(facts: Sequence[str]) -> str:
    """Return facts as one part of a sentence: "a, b and c"."""
    return facts[0] if len(facts) == 1 else f"{', '.join(facts[:-1])} and {facts[-1]}"
