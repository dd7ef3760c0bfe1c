"""healed: every fault that struck was undone before settling ended."""

from harness.judging.checks.check import CheckFinding, listed, unknown, valid
from harness.judging.evidence import Evidence


def healed(evidence: Evidence) -> CheckFinding:
    """Name faults that were not undone."""
    still = [attestation.id for attestation in evidence.attestations.values() if not attestation.healed]
    if still:
        return unknown(f"not undone when the run ended: {listed(still)}")
    return valid("every fault was undone" if evidence.landed else "there was nothing to undo")
