"""plan_followed: every planned ticket was submitted, and near its planned time."""

from harness.judging.checks.check import CheckFinding, listed, unknown, valid
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import seconds
from systems.desk.model import ticket_id

# A loaded machine is late by milliseconds, which latencies contain. A second means another load than the one planned.
GROSS_S = 1.0


def plan_followed(evidence: Evidence) -> CheckFinding:
    """Name tickets that were never sent, and the largest lateness."""
    never = [ticket_id(t.number) for t in evidence.plan.tickets if t.number not in evidence.first_sent]
    if never:
        return unknown(f"{len(never)} of {len(evidence.plan.tickets)} tickets were never submitted: {listed(never)}")
    late = max(seconds(first.t - first.planned) for first in evidence.history.submitted if first.n == 1)
    if late > GROSS_S:
        return unknown(f"a ticket was submitted {late:.2f} s after its planned time: this machine could not keep up")
    return valid(f"all {len(evidence.plan.tickets)} tickets submitted, at most {late * 1000:.0f} ms late")
