"""exposure: every landed fault hit somebody; a fault that hits nobody proves nothing."""

from harness.judging.checks.check import Finding, some, unknown, valid
from harness.judging.evidence import Evidence


def exposure(evidence: Evidence) -> Finding:
    """Name landed faults that exposed no ticket."""
    idle = [one.fault.id for one in evidence.exposures if not one.tickets]
    if idle:
        return unknown(f"landed, but hit no ticket: {some(idle)}")
    return valid(f"{len(evidence.exposures)} landed faults hit {len(evidence.exposed)} tickets")
