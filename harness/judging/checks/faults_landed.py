"""faults_landed: every planned fault instance is attested by evidence from the moment itself."""

from harness.judging.checks.check import CheckFinding, listed, unknown, valid
from harness.judging.evidence import Evidence


def faults_landed(evidence: Evidence) -> CheckFinding:
    """Name the instances that did not land, and why; also those that landed otherwise than was asked for."""
    attestations = evidence.attestations.values()
    missed = [f"{attestation.id}: {attestation.detail}" for attestation in attestations if attestation.fate == "missed"]
    if missed:
        return unknown(f"{len(missed)} did not land: {listed(missed)}")
    undue = [attestation.id for attestation in attestations if attestation.fate == "not yet due"]
    if undue:
        return unknown(f"{len(undue)} not yet due when the run ended: {listed(undue)}")
    if not evidence.plan.faults:
        return valid("no fault was planned")
    preempted = sum(attestation.fate == "preempted" for attestation in attestations)
    besides = f", {preempted} preempted" if preempted else ""
    ends = evidence.history.faults_ended
    noted = [
        f"{attestation.id}: {attestation.detail}"
        for _, attestation in evidence.landed
        if attestation.id in ends and ends[attestation.id].note
    ]
    remarks = f"; {listed(noted)}" if noted else ""
    return valid(f"{len(evidence.landed)} of {len(evidence.landed)} landed{besides}{remarks}")
