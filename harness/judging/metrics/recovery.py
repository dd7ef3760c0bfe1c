"""Recovery: what landed faults broke, when it went on, and where nothing was completed, with the rows that show it.

Times rank over all eligible (fault, ticket) pairs; one that never resumed or recovered counts as infinite.
"""

import math
from collections.abc import Iterable, Iterator
from heapq import nlargest
from itertools import pairwise

from harness.history.phases import RunPhase
from harness.judging.evidence import Evidence, once
from harness.judging.metrics.aftermath import (
    Undoing,
    delays,
    drain,
    drain_start,
    exposed,
    interrupted,
    last_answer,
    recovered,
    recoveries,
    resumes,
    undoings,
    unrecovered,
    unresumed,
)
from harness.judging.metrics.figure import Absent, seconds
from harness.judging.metrics.measured import Measure, counted, of_tickets, percentiles
from harness.judging.metrics.row import Row, amount, became, clock, ends, of_attempt
from harness.judging.metrics.sources import fault_source, role_source, source
from harness.judging.metrics.waiting import completions, unavailable, waits
from systems.desk.model import ticket_id

SHARES = {"p50": 0.5, "p95": 0.95, "max": 1.0}
MOST_GAPS = 10


def _interrupted(evidence: Evidence) -> Iterator[Row]:
    for pairs in interrupted(evidence).values():
        faults = _faults([exposure.fault.id for exposure, _ in pairs])
        yield of_attempt(evidence, pairs[0][1], f"open when {faults} landed")


def _unresumed(evidence: Evidence) -> Iterator[Row]:
    went_on = {(exposure.fault.id, attempt.id) for exposure, attempt, took in resumes(evidence) if not math.isinf(took)}
    for pairs in unresumed(evidence).values():
        faults = _faults([exposure.fault.id for exposure, _ in pairs])
        beyond = any((exposure.fault.id, attempt.id) in went_on for exposure, attempt in pairs)
        text = f"not attempted again after {faults}" + ("; its ticket went on with a later step" if beyond else "")
        yield of_attempt(evidence, pairs[0][1], text)


@once
def _struck_by(evidence: Evidence) -> dict[int, list[str]]:
    by: dict[int, list[str]] = {}
    for exposure in evidence.exposures:
        for ticket in exposure.tickets:
            by.setdefault(ticket, []).append(exposure.fault.id)
    return by


def _hit(evidence: Evidence, ticket: int) -> str:
    return f"hit by {_faults(_struck_by(evidence)[ticket])}, {became(evidence, ticket)}"


def _faults(ids: list[str]) -> str:
    distinct = list(dict.fromkeys(ids))
    return f"fault{'s' * (len(distinct) > 1)} {', '.join(distinct)}"


def _resumes(evidence: Evidence) -> Iterator[tuple[float, Row]]:
    for exposure, attempt, took in resumes(evidence):
        yield took, of_attempt(evidence, attempt, f"{_took(took)} after fault {exposure.fault.id}")


def _recoveries(evidence: Evidence) -> Iterator[tuple[float, Row]]:
    end = ends(evidence)
    for exposure, ticket, took in recoveries(evidence):
        yield took, Row(f"{ticket_id(ticket)} {_took(took)} after fault {exposure.fault.id}", end(ticket), ticket)


def _delays(evidence: Evidence) -> Iterator[tuple[float, Row]]:
    for exposure, ticket, took in delays(evidence):
        text = f"{ticket_id(ticket)} {_took(took)} after fault {exposure.fault.id}"
        yield took, Row(text, fault_source(evidence, exposure.fault.id), ticket)


def _took(value: float) -> str:
    return "never" if math.isinf(value) else f"{amount(value)} s"


def _standstills(evidence: Evidence) -> Iterator[Row]:
    """Yield the longest gaps between completions while a ticket waited, the figure first."""
    # A moment in ns names its completion well enough: the rows need one record for each end of a gap, not all that
    # share it.
    ended = {attempt.ended or 0: attempt for attempt in completions(evidence)}
    sent = {at: f"{ticket_id(ticket)} was sent" for ticket, at in evidence.first_sent.items()}
    done = {at: f"{ticket_id(attempt.ticket)} {attempt.step}" for at, attempt in ended.items()}
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
    for wait in waits(evidence):
        for nth, (before, after) in enumerate(pairwise(wait.moments)):
            yield after - before, before, after, nth == 0, False
        if wait.tail:
            yield wait.tail, wait.moments[-1], wait.end, not wait.done, True


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
    settled = (phase for phase in phases if phase.name in {RunPhase.QUIET, RunPhase.DEADLINE})
    last = next(settled, phases[-1] if phases else None)
    return role_source(evidence, "harness", last.seq if last else 0)


def _drain(evidence: Evidence) -> Iterator[Row]:
    at, undone, took = clock(evidence), undoings(evidence), drain(evidence)
    for undoing in undone:
        text = f"fault {undoing.fault} {undoing.how} at {at(undoing.at)}"
        yield Row(text, _undoing_source(evidence, undoing), adds=None)
    last = last_answer(evidence)
    if last is not None:
        text = f"{ticket_id(last.ticket)} was answered last, at {at(last.t)}"
        yield Row(text, role_source(evidence, "harness", last.seq), last.ticket, None)
    quiet = next((phase for phase in evidence.history.phases if phase.name == RunPhase.QUIET), None)
    if quiet is not None and not isinstance(took, Absent):
        text = f"all was quiet at {at(quiet.t)}, {amount(took)} s after {_last_disturbance(evidence)}"
        yield Row(text, role_source(evidence, "harness", quiet.seq), adds=took)


def _last_disturbance(evidence: Evidence) -> str:
    """Say from what on nothing was done to the system any more."""
    last = last_answer(evidence)
    return "the last answer" if last is not None and last.t == drain_start(evidence) else "the last fault was undone"


def _undoing_source(evidence: Evidence, undoing: Undoing) -> str:
    if undoing.record is None:
        return fault_source(evidence, undoing.fault)
    proc, seq = undoing.record
    return role_source(evidence, proc, seq) if proc == "harness" else source(evidence, proc, seq)


def _third(pairs: Iterable[tuple[object, object, float]]) -> list[float]:
    return [took for _, _, took in pairs]


_RESUME = percentiles(
    "resume", SHARES, lambda evidence: _third(resumes(evidence)), _resumes, "no landed fault broke a step open"
)
RESUME_TIMES = tuple(_RESUME)
"""The times that are measured on attempts: what each of those waited for can be told."""
MEASURES: dict[str, Measure] = {
    "interrupted": counted(interrupted, _interrupted),
    "exposed": of_tickets(exposed, _hit),
    "recovered": of_tickets(recovered, _hit),
    "unrecovered": of_tickets(unrecovered, _hit),
    "unresumed": counted(unresumed, _unresumed),
    **_RESUME,
    **percentiles(
        "recovery",
        SHARES,
        lambda evidence: _third(recoveries(evidence)),
        _recoveries,
        "no landed fault hit a ticket that could recover",
    ),
    **percentiles(
        "delay",
        SHARES,
        lambda evidence: _third(delays(evidence)),
        _delays,
        "no landed fault hit a ticket without breaking its step open",
    ),
    "unavailable": Measure(unavailable, _standstills),
    "drain": Measure(drain, _drain),
}
