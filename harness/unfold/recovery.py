"""Rows of recovery: what landed faults broke, when it went on, and where nothing was completed."""

import math
from collections.abc import Iterator
from functools import partial
from heapq import nlargest
from itertools import pairwise

from harness.metrics.evidence import Evidence
from harness.metrics.figure import Absent, seconds
from harness.metrics.recovery import (
    SHARES,
    Undoing,
    completions,
    exposed,
    interrupted,
    recoveries,
    recovery,
    resumes,
    undoings,
    unresumed,
    waits,
)
from harness.trace import role_source, source
from harness.unfold.row import Row, Unfold, amount, became, clock, ends, fault_source, of_attempt, of_tickets, ranked
from systems.desk.model import ticket_id

MOST_GAPS = 10


def _interrupted(evidence: Evidence) -> Iterator[Row]:
    for pairs in interrupted(evidence).values():
        faults = _faults([one.fault.id for one, _ in pairs])
        yield of_attempt(evidence, pairs[0][1], f"open when {faults} landed")


def _unresumed(evidence: Evidence) -> Iterator[Row]:
    went_on = {(one.fault.id, attempt.id) for one, attempt, took in resumes(evidence) if not math.isinf(took)}
    for pairs in unresumed(evidence).values():
        faults = _faults([one.fault.id for one, _ in pairs])
        beyond = any((one.fault.id, attempt.id) in went_on for one, attempt in pairs)
        text = f"not attempted again after {faults}" + ("; its ticket went on with a later step" if beyond else "")
        yield of_attempt(evidence, pairs[0][1], text)


def _exposed(name: str, evidence: Evidence) -> Iterator[Row]:
    by: dict[int, list[str]] = {}
    for one in evidence.exposures:
        for ticket in one.tickets:
            by.setdefault(ticket, []).append(one.fault.id)
    return of_tickets(
        evidence, exposed(evidence)[name], lambda ticket: f"hit by {_faults(by[ticket])}, {became(evidence, ticket)}"
    )


def _faults(ids: list[str]) -> str:
    distinct = list(dict.fromkeys(ids))
    return f"fault{'s' * (len(distinct) > 1)} {', '.join(distinct)}"


def _resumes(share: float, evidence: Evidence) -> Iterator[Row]:
    found = (
        (took, of_attempt(evidence, attempt, f"{_took(took)} after fault {one.fault.id}"))
        for one, attempt, took in resumes(evidence)
    )
    return ranked(found, share)


def _recoveries(share: float, evidence: Evidence) -> Iterator[Row]:
    end = ends(evidence)
    found = (
        (took, Row(f"{ticket_id(ticket)} {_took(took)} after fault {one.fault.id}", end(ticket), ticket))
        for one, ticket, took in recoveries(evidence)
    )
    return ranked(found, share)


def _took(value: float) -> str:
    return "never" if math.isinf(value) else f"{amount(value)} s"


def _standstills(evidence: Evidence) -> Iterator[Row]:
    """Yield the longest gaps between completions while a ticket waited, the figure first."""
    ended = {one.ended or 0: one for one in completions(evidence)}
    sent = {at: f"{ticket_id(ticket)} was sent" for ticket, at in evidence.first_sent.items()}
    done = {at: f"{ticket_id(one.ticket)} {one.step}" for at, one in ended.items()}
    gaps = [
        (after - before, before, after, nth == 0)
        for walk in waits(evidence)
        for nth, (before, after) in enumerate(pairwise(walk))
    ]
    at = clock(evidence)
    for nth, (gap, before, after, is_start) in enumerate(nlargest(MOST_GAPS, gaps)):
        since = (sent if is_start else done).get(before, "its start")
        text = f"completed at {at(after)}, {amount(seconds(gap))} s after {since}"
        yield of_attempt(evidence, ended[after], text, None if nth else seconds(gap))


def _drain(evidence: Evidence) -> Iterator[Row]:
    at, undone, drain = clock(evidence), undoings(evidence), recovery(evidence)["drain"]
    for one in undone:
        yield Row(f"fault {one.fault} {one.how} at {at(one.at)}", _undoing_source(evidence, one), adds=None)
    quiet = next((one for one in evidence.history.phases if one.name == "quiet"), None)
    if quiet is not None and not isinstance(drain, Absent):
        text = f"all was quiet at {at(quiet.t)}, {amount(drain)} s after the last of them"
        yield Row(text, role_source(evidence, "harness", quiet.seq), adds=drain)


def _undoing_source(evidence: Evidence, one: Undoing) -> str:
    if one.record is None:
        return fault_source(evidence, one.fault)
    proc, seq = one.record
    return role_source(evidence, proc, seq) if proc == "harness" else source(evidence, proc, seq)


ROWS: dict[str, Unfold] = {
    "interrupted": _interrupted,
    **{name: partial(_exposed, name) for name in ("exposed", "recovered", "unrecovered")},
    "unresumed": _unresumed,
    **{f"resume_{name}": partial(_resumes, share) for name, share in SHARES.items()},
    **{f"recovery_{name}": partial(_recoveries, share) for name, share in SHARES.items()},
    "unavailable": _standstills,
    "drain": _drain,
}
