"""plan_followed: every planned ticket was submitted as planned: as often, in time, in its priority and its turn."""

from collections import Counter
from collections.abc import Iterator

from harness.history.run_records import Submitted
from harness.judging.checks.check import CheckFinding, listed, unknown, valid
from harness.judging.checks.turns import out_of_turn
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import seconds
from harness.planning.scenario import Resubmit
from systems.desk.model import ticket_id

# A loaded machine is late by milliseconds, which latencies contain. A second means another load than the one planned.
GROSS_S = 1.0
ROUNDING_S = 0.001


def plan_followed(evidence: Evidence) -> CheckFinding:
    """Name tickets that were never sent, or sent otherwise than planned, and the largest lateness."""
    never = [ticket_id(t.number) for t in evidence.plan.tickets if t.number not in evidence.first_sent]
    if never:
        return unknown(f"{len(never)} of {len(evidence.plan.tickets)} tickets were never submitted: {listed(never)}")
    first = [submission for submission in evidence.history.submitted if submission.n == 1]
    late = max(seconds(submission.t - submission.planned) for submission in first)
    if late > GROSS_S:
        return unknown(f"a ticket was submitted {late:.2f} s after its planned time: this machine could not keep up")
    otherwise = [
        *_at_another_time(evidence, first),
        *_in_another_priority(evidence),
        *_too_often(evidence),
        *_resubmitted_otherwise(evidence),
        *out_of_turn(evidence),
    ]
    if otherwise:
        return unknown(listed(otherwise))
    return valid(f"all {len(evidence.plan.tickets)} tickets submitted, at most {late * 1000:.0f} ms late")


def _at_another_time(evidence: Evidence, first: list[Submitted]) -> Iterator[str]:
    """Set the moments that the driver took for planned beside the plan's: the load's start lies between them."""
    arrivals = {t.number: t.arrival_s for t in evidence.plan.tickets}
    starts = {
        submission.ticket: seconds(submission.planned) - arrival
        for submission in first
        if (arrival := arrivals.get(submission.ticket)) is not None
    }
    start = min(starts.values(), default=0.0)
    if apart := [ticket for ticket, at in starts.items() if at - start > ROUNDING_S]:
        ticket = apart[0]
        off = f"{starts[ticket] - start:.3f} s"
        yield f"{ticket_id(ticket)} was due {off} later than planned, beside the others ({len(apart)} of them)"


def _in_another_priority(evidence: Evidence) -> Iterator[str]:
    for submission in evidence.history.submitted:
        planned = evidence.planned.get(submission.ticket)
        # Records of older runs do not hold it.
        if submission.priority and planned is not None and submission.priority != planned.priority:
            sent = f"{ticket_id(submission.ticket)} was submitted in the priority {submission.priority}"
            yield f"{sent}, planned was {planned.priority}"


def _too_often(evidence: Evidence) -> Iterator[str]:
    capabilities = evidence.block.capabilities if evidence.block is not None else frozenset()
    faults = evidence.plan.scenario.faults
    duplicated = {
        number
        for instance in evidence.plan.faults
        if faults[instance.fault - 1].applies_to(capabilities)
        for number in faults[instance.fault - 1].duplicate_submissions(instance)
    }
    times = Counter((submission.ticket, submission.n) for submission in evidence.history.submitted)
    for (ticket, n), count in times.items():
        planned = 2 if n == 1 and ticket in duplicated else 1
        if count > planned:
            yield f"submission {n} of {ticket_id(ticket)} was sent {count} times, planned was {planned}"


def _resubmitted_otherwise(evidence: Evidence) -> Iterator[str]:
    """Find clients that submitted again although nothing called for it, or did not although something did."""
    resubmit = evidence.block.resubmit if evidence.block is not None else Resubmit()
    last = {submission.ticket: submission.n for submission in evidence.history.submitted if submission.ticket > 0}
    for ticket, n in last.items():
        outcomes = _outcomes(evidence, ticket)
        if n > resubmit.attempts + 1:
            yield f"{ticket_id(ticket)} was resubmitted {n - 1} times, planned were at most {resubmit.attempts}"
        elif any(outcomes.get(earlier, "info") not in resubmit.on for earlier in range(1, n)):
            yield f"{ticket_id(ticket)} was resubmitted though nothing called for it"
        elif evidence.is_whole and n <= resubmit.attempts and outcomes.get(n) in resubmit.on:
            yield f"{ticket_id(ticket)} was answered {outcomes[n]} and not resubmitted"


def _outcomes(evidence: Evidence, ticket: int) -> dict[int, str]:
    """Return what came of each of a ticket's submissions: of one that was sent twice at once, the better answer."""
    best: dict[int, str] = {}
    for answer in evidence.answers.get(ticket, []):
        known = best.get(answer.n, answer.outcome)
        best[answer.n] = min(known, answer.outcome, key=("ok", "info", "fail").index)
    return best
