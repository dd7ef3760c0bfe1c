"""exposure: every landed fault hit a ticket; a fault that hits none proves nothing."""

from harness.judging.checks.check import CheckFinding, listed, unknown, valid
from harness.judging.evidence import Evidence


def exposure(evidence: Evidence) -> CheckFinding:
    """Name landed faults that exposed no ticket."""
    idle = [landed.fault.id for landed in evidence.exposures if not landed.tickets]
    if idle:
        return unknown(f"landed, but hit no ticket: {listed(idle)}")
    return valid(f"{len(evidence.exposures)} landed faults hit {len(evidence.exposed)} tickets")
