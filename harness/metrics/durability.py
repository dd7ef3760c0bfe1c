"""Durability: what became of every submitted ticket."""

from harness.metrics.evidence import Evidence
from harness.metrics.figure import Figures


def durability(evidence: Evidence) -> Figures:
    """Count tickets by class, and by what their clients know."""
    classes = evidence.classes
    lost = classes["lost"]
    acknowledged = {ticket for ticket in evidence.submitted if evidence.was_acknowledged(ticket)}
    rejected = len(classes["rejected"])
    abandoned = sum(evidence.is_known(ticket) for ticket in lost)
    lost_acknowledged = len(acknowledged.intersection(lost))
    return {
        "submitted": len(evidence.submitted),
        "acknowledged": len(acknowledged),
        "indeterminate": len(evidence.submitted) - len(acknowledged) - rejected,
        "rejected": rejected,
        "finished": len(classes["finished"]),
        "unserved": len(evidence.submitted) - len(classes["finished"]),
        "failed": len(classes["failed"]),
        "failed_as_expected": len(evidence.must_fail.intersection(classes["failed"])),
        "lost": len(lost),
        "lost_acknowledged": lost_acknowledged,
        "lost_unacknowledged": len(lost) - lost_acknowledged,
        "abandoned": abandoned,
        "vanished": len(lost) - abandoned,
        "wrong_outcome": sum(not evidence.is_right(ticket) for ticket in classes["finished"]),
    }
