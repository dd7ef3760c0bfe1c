"""Rows of recovery: what landed faults broke, when it went on, and where nothing was completed."""

import math
from collections.abc import Iterator
from functools import partial
from heapq import nlargest
from itertools import pairwise

from harness.explaining.breakdown.row import (
    Row,
    Unfold,
    amount,
    became,
    clock,
    ends,
    fault_source,
    of_attempt,
    of_tickets,
    ranked,
)
from harness.explaining.ticket_history import role_source, source
from harness.history.phases import RunPhase
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Absent, seconds
from harness.judging.metrics.recovery import (
    SHARES,
    Undoing,
    delays,
    drain_start,
    exposed,
    interrupted,
    last_answer,
    recoveries,
    recovery,
    resumes,
    undoings,
    unresumed,
)
from harness.judging.metrics.waiting import completions, waits
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


def _delays(share: float, evidence: Evidence) -> Iterator[Row]:
    found = (
        (
            took,
            Row(
                f"{ticket_id(ticket)} {_took(took)} after fault {one.fault.id}",
                fault_source(evidence, one.fault.id),
                ticket,
            ),
        )
        for one, ticket, took in delays(evidence)
    )
    return ranked(found, share)


def _took(value: float) -> str:
    return "never" if math.isinf(value) else f"{amount(value)} s"


def _standstills(evidence: Evidence) -> Iterator[Row]:
    """Yield the longest gaps between completions while a ticket waited, the figure first."""
    ended = {one.ended or 0: one for one in completions(evidence)}
    sent = {at: f"{ticket_id(ticket)} was sent" for ticket, at in evidence.first_sent.items()}
    done = {at: f"{ticket_id(one.ticket)} {one.step}" for at, one in ended.items()}
    at = clock(evidence)
    for nth, (gap, before, after, is_start, is_open) in enumerate(nlargest(MOST_GAPS, _gaps(evidence))):
        since = (sent if is_start else done).get(before, "its start")
        adds = None if nth else _seconds(gap)
        if is_open:
            yield Row(_unclosed(gap, since, at(after)), _phase_source(evidence), adds=adds)
        else:
            text = f"completed at {at(after)}, {amount(seconds(gap))} s after {since}"
            yield of_attempt(evidence, ended[after], text, adds)


def _gaps(evidence: Evidence) -> Iterator[tuple[float, int, int, bool, bool]]:
    """Yield each gap: its length and ends (ns), whether a span starts with it, whether no step closed it."""
    for one in waits(evidence):
        for nth, (before, after) in enumerate(pairwise(one.moments)):
            yield after - before, before, after, nth == 0, False
        if one.tail:
            yield one.tail, one.moments[-1], one.end, not one.done, True


def _unclosed(gap: float, since: str, left: str) -> str:
    if math.isinf(gap):
        return f"never completed again after {since}; tickets waited until {left}"
    return f"nothing completed until the last who waited left at {left}, {amount(seconds(gap))} s after {since}"


def _seconds(gap: float) -> float:
    """Turn a gap (ns) into seconds; one that never closed stays infinite."""
    return gap if math.isinf(gap) else seconds(gap)


def _phase_source(evidence: Evidence) -> str:
    """Name the record that says when settling ended; the run's last phase where it never did."""
    phases = evidence.history.phases
    found = next(
        (one for one in phases if one.name in {RunPhase.QUIET, RunPhase.DEADLINE}), phases[-1] if phases else None
    )
    return role_source(evidence, "harness", found.seq if found else 0)


def _drain(evidence: Evidence) -> Iterator[Row]:
    at, undone, drain = clock(evidence), undoings(evidence), recovery(evidence)["drain"]
    for one in undone:
        yield Row(f"fault {one.fault} {one.how} at {at(one.at)}", _undoing_source(evidence, one), adds=None)
    last = last_answer(evidence)
    if last is not None:
        text = f"{ticket_id(last.ticket)} was answered last, at {at(last.t)}"
        yield Row(text, role_source(evidence, "harness", last.seq), last.ticket, None)
    quiet = next((one for one in evidence.history.phases if one.name == RunPhase.QUIET), None)
    if quiet is not None and not isinstance(drain, Absent):
        text = f"all was quiet at {at(quiet.t)}, {amount(drain)} s after {_last_thing(evidence)}"
        yield Row(text, role_source(evidence, "harness", quiet.seq), adds=drain)


def _last_thing(evidence: Evidence) -> str:
    last = last_answer(evidence)
    return "the last answer" if last is not None and last.t == drain_start(evidence) else "the last fault was undone"


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
    **{f"delay_{name}": partial(_delays, share) for name, share in SHARES.items()},
    "unavailable": _standstills,
    "drain": _drain,
}
