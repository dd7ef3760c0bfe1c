"""faults_landed: every planned fault instance is attested by evidence from the moment itself."""

from harness.judging.checks.check import Finding, some, unknown, valid
from harness.judging.evidence import Evidence


def faults_landed(evidence: Evidence) -> Finding:
    """Name the instances that did not land, and why; also those that landed otherwise than was asked for."""
    missed = [f"{one.id}: {one.detail}" for one in evidence.attestations.values() if one.fate == "missed"]
    if missed:
        return unknown(f"{len(missed)} did not land: {some(missed)}")
    undue = [one.id for one in evidence.attestations.values() if one.fate == "not yet due"]
    if undue:
        return unknown(f"{len(undue)} not yet due when the run ended: {some(undue)}")
    if not evidence.plan.faults:
        return valid("no fault was planned")
    preempted = sum(one.fate == "preempted" for one in evidence.attestations.values())
    besides = f", {preempted} preempted" if preempted else ""
    ends = evidence.history.faults_ended
    noted = [f"{one.id}: {one.detail}" for _, one in evidence.landed if one.id in ends and ends[one.id].note]
    said = f"; {some(noted)}" if noted else ""
    return valid(f"{len(evidence.landed)} of {len(evidence.landed)} landed{besides}{said}")
