"""Durability: what became of every submitted ticket."""

from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Figures


def durability(evidence: Evidence) -> Figures:
    """Count tickets by class, and by what their clients know."""
    return {name: len(tickets) for name, tickets in tickets_of(evidence).items()}


def tickets_of(evidence: Evidence) -> dict[str, list[int]]:
    """Return the tickets that each figure of durability counts, in order."""
    classes, submitted = evidence.classes, evidence.submitted
    lost, finished, rejected = classes["lost"], set(classes["finished"]), set(classes["rejected"])
    taken = {ticket for ticket in submitted if evidence.was_acknowledged(ticket)}
    return {
        "submitted": submitted,
        "acknowledged": sorted(taken),
        "indeterminate": [ticket for ticket in submitted if ticket not in taken and ticket not in rejected],
        "rejected": classes["rejected"],
        "finished": classes["finished"],
        "unserved": [ticket for ticket in submitted if ticket not in finished],
        "failed": classes["failed"],
        "failed_as_expected": [ticket for ticket in classes["failed"] if ticket in evidence.must_fail],
        "lost": lost,
        "lost_acknowledged": [ticket for ticket in lost if ticket in taken],
        "lost_unacknowledged": [ticket for ticket in lost if ticket not in taken],
        "abandoned": [ticket for ticket in lost if evidence.is_known(ticket)],
        "vanished": [ticket for ticket in lost if not evidence.is_known(ticket)],
        "wrong_outcome": [ticket for ticket in classes["finished"] if not evidence.is_right(ticket)],
    }
