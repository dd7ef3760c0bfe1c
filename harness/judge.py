"""Judging one repetition: fates of its faults, figures, checks. Pure: the same records give the same answer."""

import math

from harness.checks import CHECKS
from harness.checks.check import run
from harness.faults.fault import Attestation, FaultInstance
from harness.history import History
from harness.metrics.evidence import Evidence
from harness.metrics.figure import Absent
from harness.metrics.measure import measure
from harness.plan import Plan
from harness.result import FaultResult, Repetition

DIGITS = 6


def judge(plan: Plan, history: History, system: str) -> Repetition:
    """Judge what one repetition of a system (of the kind `system`) recorded."""
    evidence = Evidence(plan, history, _attested(plan, history, system))
    figures = measure(evidence)
    metrics = {
        name: None if math.isinf(figure) else figure
        for name, figure in figures.items()
        if not isinstance(figure, Absent)
    }
    return Repetition(
        metrics=metrics,
        censored=tuple(name for name, figure in metrics.items() if figure is None),
        checks=tuple(run(name, check, evidence) for name, check in CHECKS.items()),
        faults=_faults(plan, evidence),
        absent={name: figure.why for name, figure in figures.items() if isinstance(figure, Absent)},
        tickets=_tickets(evidence),
    )


def _attested(plan: Plan, history: History, system: str) -> dict[str, Attestation]:
    """Attest every instance; one that another landed fault made impossible is preempted, not missed."""
    faults = plan.scenario.faults
    first = {
        one.id: faults[one.fault - 1].attest(one, history)
        if faults[one.fault - 1].applies_to(system)
        else Attestation(one.id, "n/a", f"{system} cannot take it")
        for one in plan.faults
    }
    evidence = Evidence(plan, history, first)
    return {one.id: _preempted(one, first[one.id], evidence) for one in plan.faults}


def _preempted(instance: FaultInstance, attestation: Attestation, evidence: Evidence) -> Attestation:
    """Turn a miss into a preemption where another landed fault hit the ticket, which then never got that far."""
    if attestation.fate != "missed" or attestation.moment is not None or instance.ticket is None:
        return attestation
    if evidence.is_right(instance.ticket):
        return attestation
    killer = next(
        (one for one in evidence.exposures if instance.ticket in one.tickets and one.fault.id != instance.id), None
    )
    if killer is None or _got_there(instance, killer.moment, evidence):
        return attestation
    detail = f"fault {killer.fault.id} ended ticket {instance.ticket} before"
    return Attestation(instance.id, "preempted", detail)


def _got_there(instance: FaultInstance, moment: int, evidence: Evidence) -> bool:
    """Say whether the ticket came to the instance's step after that moment, so that it could have struck."""
    return any(
        a.started > moment and a.step == instance.step and (instance.visit is None or a.visit == instance.visit)
        for a in evidence.history.attempts
        if a.ticket == instance.ticket
    )


def _faults(plan: Plan, evidence: Evidence) -> tuple[FaultResult, ...]:
    return tuple(_fault(plan, evidence, index) for index in range(1, len(plan.scenario.faults) + 1))


def _fault(plan: Plan, evidence: Evidence, index: int) -> FaultResult:
    fault = plan.scenario.faults[index - 1]
    instances = [one for one in plan.faults if one.fault == index]
    attested = [evidence.attestations[one.id] for one in instances]
    fates = [one.fate for one in attested]
    exposed = {ticket for one in evidence.exposures if one.fault.fault == index for ticket in one.tickets}
    return FaultResult(
        index=index,
        line=fault.line,
        name=fault.name,
        kind=fault.__struct_config__.tag,  # type: ignore[arg-type]
        tickets=tuple(sorted({one.ticket for one in instances if one.ticket is not None})),
        planned=fates.count("landed") + fates.count("missed"),
        landed=fates.count("landed"),
        missed=fates.count("missed"),
        preempted=fates.count("preempted"),
        not_applicable=fates.count("n/a"),
        exposed=len(exposed),
        notes=tuple(f"{one.id}: {one.detail}" for one in attested if one.fate != "landed"),
    )


def _tickets(evidence: Evidence) -> dict[str, tuple[int, ...]]:
    named = {**evidence.classes, "exposed": sorted(evidence.exposed)}
    named["wrong_outcome"] = [t for t in evidence.classes["finished"] if not evidence.is_right(t)]
    del named["finished"]  # the others say it
    return {name: tuple(tickets) for name, tickets in named.items() if tickets}
