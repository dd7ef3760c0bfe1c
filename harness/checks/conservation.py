"""conservation: every submitted ticket is counted once, and nothing that was refused ran."""

from harness.checks.check import Finding, invalid, some, valid
from harness.metrics.durability import durability
from harness.metrics.evidence import Evidence
from harness.metrics.figure import Absent
from systems.desk.model import ticket_id


def conservation(evidence: Evidence) -> Finding:
    """Add up classes and acknowledgements, and look for tickets that were refused and yet ran."""
    counts = {name: figure for name, figure in durability(evidence).items() if not isinstance(figure, Absent)}
    total = counts["submitted"]
    classes = sum(counts[name] for name in ("finished", "failed", "rejected", "lost"))
    known = sum(counts[name] for name in ("acknowledged", "indeterminate", "rejected"))
    if classes != total or known != total:
        return invalid(f"{total} submitted, but {classes} by class and {known} by what clients know")
    ran = {ticket for ticket, _, _ in evidence.instances}
    haunted = [ticket_id(t) for t in evidence.submitted if t in ran and evidence.was_refused(t)]
    if haunted:
        return invalid(f"definitely refused, and yet steps of theirs ran: {some(haunted)}")
    return valid(f"{total} submitted tickets are all accounted for")
