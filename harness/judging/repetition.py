"""Judging one repetition: fates of its faults, figures, checks. Pure: the same records give the same answer."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from operator import attrgetter

from harness.catalogue import CATALOGUE
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, Following, applies
from harness.history.model import History
from harness.judging.checks import CHECKS
from harness.judging.checks.check import run
from harness.judging.evidence import Evidence
from harness.judging.exposures import Exposure
from harness.judging.followers import held_against_followed
from harness.judging.metrics.aftermath import resumes
from harness.judging.metrics.experiment import PLANNED
from harness.judging.metrics.figure import Absent, Figures, seconds
from harness.judging.metrics.measure import MEASURES, measure_all
from harness.judging.metrics.races import counted_twice
from harness.judging.metrics.recovery import RESUME_TIMES
from harness.planning.plan import Plan
from harness.runfolder.result import FaultResult, Moment, Repetition
from systems import registry
from systems.desk.fault_mode import FaultMode

Cause = Callable[[FaultMode, str], str]
"""What resuming follows from, of (how the fault struck, the step it broke); empty where nothing can be said."""


def judge(plan: Plan, history: History, system: str, cause: Cause = lambda _fault, _step: "") -> Repetition:
    """Judge what one repetition of a system (of the kind `system`) recorded; `cause` is the system's own word."""
    return judge_evidence(evidence_of(plan, history, system), cause)


def judge_evidence(evidence: Evidence, cause: Cause = lambda _fault, _step: "") -> Repetition:
    """Judge one repetition whose faults are attested."""
    figures = measure_all(evidence)
    metrics = {
        name: None if math.isinf(figure) else figure
        for name, figure in figures.items()
        if not isinstance(figure, Absent)
    }
    return Repetition(
        metrics=metrics,
        censored=tuple(name for name, figure in metrics.items() if figure is None),
        checks=tuple(run(name, check, evidence) for name, check in CHECKS.items()),
        counted_twice=counted_twice(evidence),
        faults=_faults(evidence.plan, evidence),
        absent={name: figure.why for name, figure in figures.items() if isinstance(figure, Absent)},
        tickets=_tickets(evidence),
        notes=_notes(evidence, metrics, cause),
        whole=evidence.is_whole,
        pairs=_pairs(evidence, figures),
        took_up=_took_up(evidence),
    )


def _pairs(evidence: Evidence, figures: Figures) -> dict[str, int]:
    """Count the values over which each family of percentiles ranks, where it has any."""
    return {
        CATALOGUE[name].family: len(measure.values(evidence))
        for name, measure in MEASURES.items()
        if measure.values and not isinstance(figures[name], Absent)
    }


def _took_up(evidence: Evidence) -> bool:
    """Say whether the system took up a single counted ticket: an answer, a step, a request or a row of one shows it."""
    history = evidence.history
    attempted = (attempt.ticket for attempt in history.attempts)
    requested = (request.ticket for request in history.requests)
    is_worked_on = any(ticket > 0 for ticket in chain(attempted, requested, evidence.rows))
    return is_worked_on or any(evidence.was_acknowledged(ticket) for ticket in evidence.submitted)


def evidence_of(plan: Plan, history: History, system: str) -> Evidence:
    """Attest every fault of a repetition, and return all that its figures are worked out from."""
    return Evidence(plan, history, _attested(plan, history, system))


def _notes(evidence: Evidence, metrics: Mapping[str, float | None], cause: Cause) -> dict[str, str]:
    """Say what is to be known beside figures: of each resume time what the attempt it was measured on waited for."""
    notes = {name: note for name, measure in MEASURES.items() if measure.note and (note := measure.note(evidence))}
    for name in RESUME_TIMES:
        value = metrics.get(name)
        for exposure, attempt, took in resumes(evidence):
            # A nearest-rank percentile is one of the values, unrounded, so equality finds the very attempt that it is
            # of.
            if took == value and value is not None:
                went_on = attempt.ended is not None and seconds(attempt.ended - exposure.moment) == took
                waited_for = "it went on by itself" if went_on else cause(_mode(evidence, exposure), attempt.step)
                notes |= {name: waited_for} if waited_for else {}
                break
    return notes


def _mode(evidence: Evidence, exposure: Exposure) -> FaultMode:
    """Say how a fault struck."""
    return evidence.plan.scenario.faults[exposure.fault.fault - 1].fault_mode()


def _not_applicable(
    instance: FaultInstance, faults: Sequence[FaultSpec], own: Collection[int], label: str, system: str
) -> str:
    """Say why a fault does not concern this column, whose tickets are its `own`; nothing where it does."""
    fault, capabilities = faults[instance.fault - 1], registry.kind(system).capabilities
    if not applies(fault, faults, capabilities):
        return f"{system} cannot take it"
    if not applies(fault, faults, capabilities, label):
        return f"it is not for {label}"
    return "" if instance.concerns(own) else f"{label} does not get its ticket"


def _attested(plan: Plan, history: History, system: str) -> dict[str, Attestation]:
    """Attest every instance; one that another landed fault made impossible is preempted, not missed.

    It takes two passes: which tickets a landed fault hit is known only once all instances are attested by themselves,
    and only then can a miss be told from a preemption.
    """
    faults, own = plan.scenario.faults, {ticket.number for ticket in plan.tickets}
    first = {
        instance.id: Attestation(instance.id, "n/a", why, healed=True)
        if (why := _not_applicable(instance, faults, own, history.label, system))
        else faults[instance.fault - 1].attest(instance, history)
        for instance in plan.faults
    }
    evidence = Evidence(plan, history, first)
    hit = {
        instance.id: _undue(instance, _preempted(instance, first[instance.id], evidence), evidence)
        for instance in plan.faults
    }
    return held_against_followed(plan, hit)


def _undue(instance: FaultInstance, attestation: Attestation, evidence: Evidence) -> Attestation:
    """Take back a miss where the run ended early, before the instance's moment had come: nothing was missed by then."""
    # Only a miss needs the excuse, and only while nothing of the fault had happened: one that had begun and did not
    # land is missed in a short run too.
    has_begun = attestation.moment is not None or instance.id in evidence.history.faults_begun
    if attestation.fate != "missed" or has_begun or evidence.is_whole:
        return attestation
    end = max((phase.t for phase in evidence.history.phases), default=0)
    first = min(evidence.first_sent.values(), default=end)
    if instance.at_s is not None and seconds(end - first) > instance.at_s:
        return attestation
    return Attestation(instance.id, "not yet due", "the run ended before its moment came", healed=attestation.healed)


def _preempted(instance: FaultInstance, attestation: Attestation, evidence: Evidence) -> Attestation:
    """Turn a miss into a preemption where another landed fault hit a ticket of it, which then never got that far."""
    if attestation.fate != "missed" or attestation.moment is not None:
        return attestation
    # Of two that are to meet, offered the same agent, one that cannot come is enough.
    pair = () if instance.offer is None else instance.tickets
    for ticket in pair if instance.ticket is None else (instance.ticket,):
        if killer := _killer(instance, ticket, evidence):
            return Attestation(instance.id, "preempted", f"fault {killer} ended ticket {ticket} before", healed=True)
    return attestation


def _killer(instance: FaultInstance, ticket: int, evidence: Evidence) -> str:
    """Return the id of the other fault that ended this ticket before it came to the instance's step, or nothing."""
    # A ticket that walked its whole path passed the point: the fault had its chance and missed it.
    if evidence.is_right(ticket):
        return ""
    elsewhere = (exposure for exposure in evidence.exposures if exposure.fault.id != instance.id)
    hits = [exposure for exposure in elsewhere if ticket in exposure.tickets]
    # The last hit decides: a ticket that came to the step after it got past all the earlier ones as well.
    killer = max(hits, key=attrgetter("moment"), default=None)
    return "" if killer is None or _got_there(instance, ticket, killer.moment, evidence) else killer.fault.id


def _got_there(instance: FaultInstance, ticket: int, moment: int, evidence: Evidence) -> bool:
    """Say whether the ticket did the instance's step, or came to it after that moment, so that it could have struck."""
    return any(
        (a.started > moment or a.result is not None)
        and a.step == instance.step
        and (instance.visit is None or a.visit == instance.visit)
        for a in evidence.history.attempts
        if a.ticket == ticket
    )


def _faults(plan: Plan, evidence: Evidence) -> tuple[FaultResult, ...]:
    return tuple(_fault(plan, evidence, index) for index in range(1, len(plan.scenario.faults) + 1))


def _fault(plan: Plan, evidence: Evidence, index: int) -> FaultResult:
    fault = plan.scenario.faults[index - 1]
    instances = [instance for instance in plan.faults if instance.fault == index]
    attestations = [evidence.attestations[instance.id] for instance in instances]
    fates = [attestation.fate for attestation in attestations]
    exposures = [exposure for exposure in evidence.exposures if exposure.fault.fault == index]
    return FaultResult(
        index=index,
        line=fault.line,
        name=fault.name,
        kind=fault.kind(),
        tickets=_aimed_at(instances),
        planned=sum(fates.count(fate) for fate in PLANNED),
        landed=fates.count("landed"),
        missed=fates.count("missed"),
        preempted=fates.count("preempted"),
        not_applicable=fates.count("n/a"),
        exposed=len({ticket for exposure in exposures for ticket in exposure.tickets}),
        notes=tuple(
            f"{attestation.id}: {attestation.detail}" for attestation in attestations if attestation.fate != "landed"
        ),
        moments=_moments(instances, evidence),
    )


def _aimed_at(instances: Sequence[FaultInstance]) -> tuple[int, ...]:
    """Return the tickets that instances were planned to hit, where they were planned by ticket."""
    numbers = {number for instance in instances for number in (instance.ticket, *instance.tickets)}
    return tuple(sorted(number for number in numbers if number is not None))


def _moments(instances: Sequence[FaultInstance], evidence: Evidence) -> tuple[Moment, ...]:
    """Set the planned and the actual moment of each timed instance that landed side by side."""
    first = min(evidence.first_sent.values(), default=0)
    moments = []
    for instance in instances:
        begun, struck_at = evidence.history.faults_begun.get(instance.id), evidence.attestations[instance.id].moment
        has_landed = evidence.attestations[instance.id].fate == "landed"
        # A fault that waits for a step has no planned moment to be late against.
        is_timed = instance.at_s is not None or isinstance(instance.following, Following)
        if is_timed and has_landed and begun is not None and struck_at is not None:
            moments.append(Moment(instance.id, seconds(begun.planned - first), seconds(struck_at - first)))
    return tuple(moments)


def _tickets(evidence: Evidence) -> dict[str, tuple[int, ...]]:
    named = {**evidence.classes, "exposed": sorted(evidence.exposed)}
    named["wrong_outcome"] = [t for t in evidence.classes["finished"] if not evidence.is_right(t)]
    del named["finished"]  # whatever no other class names
    return {name: tuple(tickets) for name, tickets in named.items() if tickets}
