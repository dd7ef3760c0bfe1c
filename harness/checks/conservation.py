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
    classes = sum(counts[name] for name in ("finished", "failed", "rejected", "lost")) + len(evidence.under_way)
    known = sum(counts[name] for name in ("acknowledged", "indeterminate", "rejected"))
    if classes != total or known != total:
        return invalid(f"{total} submitted, but {classes} by class and {known} by what clients know")
    refused = {ticket for ticket in evidence.submitted if evidence.was_refused(ticket)}
    ran = {ticket for ticket, _, _ in evidence.instances if ticket in refused} if refused else set()
    haunted = [ticket_id(ticket) for ticket in sorted(ran)]
    if haunted:
        return invalid(f"definitely refused, and yet steps of theirs ran: {some(haunted)}")
    return valid(f"{total} submitted tickets are all accounted for")
