"""healed: every fault that struck was undone before settling ended."""

from harness.judging.checks.check import Finding, some, unknown, valid
from harness.judging.evidence import Evidence


def healed(evidence: Evidence) -> Finding:
    """Name faults that were not undone."""
    still = [one.id for one in evidence.attestations.values() if not one.healed]
    if still:
        return unknown(f"not undone when the run ended: {some(still)}")
    return valid("every fault was undone" if evidence.landed else "there was nothing to undo")
