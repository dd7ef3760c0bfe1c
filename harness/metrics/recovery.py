"""Recovery: from the moment a fault landed to work going on, and to the ticket's end."""

from bisect import bisect_left, bisect_right
from operator import sub

from harness.history import Attempt
from harness.metrics.evidence import Evidence, Exposure
from harness.metrics.figure import CENSORED, Absent, Figure, Figures, quantiles, seconds
from systems.desk.model import FINISHED

SHARES = {"p50": 0.5, "p95": 0.95, "max": 1.0}


def recovery(evidence: Evidence) -> Figures:
    """Rank over all eligible (fault, ticket) pairs; one that never resumed or recovered counts as infinite."""
    took = {
        "resume": [one for _, _, one in resumes(evidence)],
        "recovery": [one for _, _, one in recoveries(evidence)],
    }
    exposed = evidence.exposed
    recovered = sum(evidence.is_right(ticket) for ticket in exposed)
    hit = {attempt.instance for one in evidence.exposures for attempt in one.attempts}
    never = {
        attempt.instance
        for one in evidence.exposures
        for attempt in one.attempts
        if not _is_attempted_again(evidence, one, attempt)
    }
    return {
        "interrupted": len(hit),
        "exposed": len(exposed),
        "recovered": recovered,
        "unresumed": len(never),
        "unrecovered": sum(not evidence.is_right(ticket) for ticket in exposed - evidence.must_fail),
        **quantiles("resume", took["resume"], "no landed fault broke a step open", SHARES),
        **quantiles(
            "recovery",
            [took for _, _, took in recoveries(evidence)],
            "no landed fault hit a ticket that could recover",
            SHARES,
        ),
        "unavailable": _unavailable(evidence),
        "drain": _drain(evidence),
    }


def recoveries(evidence: Evidence) -> list[tuple[Exposure, int, float]]:
    """Return every eligible pair: the fault, the ticket that it hit, and the seconds until the ticket's end."""
    return [
        (one, ticket, _recovery(evidence, one, ticket))
        for one in evidence.exposures
        for ticket in sorted(one.tickets - evidence.must_fail)
    ]


def resumes(evidence: Evidence) -> list[tuple[Exposure, Attempt, float]]:
    """Return every eligible pair: the fault, the attempt it broke open, and the seconds until work went on."""
    return [(one, a, _resume(evidence, one, a)) for one in evidence.exposures for a in one.attempts]


def _resume(evidence: Evidence, exposure: Exposure, broken: Attempt) -> float:
    """Return seconds from the fault to the next attempt of the broken instance, or of a later one of the path.

    An attempt that was only held, or drained, and simply went on resumes with its own next record.
    """
    moments = [a.started for a in _later(evidence, exposure, broken)]
    if broken.ended is not None and broken.error is None:
        moments.append(broken.ended)
    return seconds(min(moments) - exposure.moment) if moments else CENSORED


def _later(evidence: Evidence, exposure: Exposure, broken: Attempt) -> list[Attempt]:
    """Return the attempts after the fault that carry the broken instance, or its path beyond it, on.

    The steps of giving up are no part of the path: a ticket that was given up goes on only where the instance itself
    was attempted again.
    """
    path = [(p.step, p.visit) for p in evidence.truth(broken.ticket).path]
    here = (broken.step, broken.visit)
    on_path = set(path[path.index(here) :]) if here in path else {here}
    if broken.ticket in evidence.classes["failed"]:
        on_path = {here}
    return [
        a
        for a in evidence.attempts_of[broken.ticket]
        if a.id != broken.id and a.started > max(exposure.moment, broken.started) and (a.step, a.visit) in on_path
    ]


def _is_attempted_again(evidence: Evidence, exposure: Exposure, broken: Attempt) -> bool:
    if broken.ended is not None and broken.error is None:
        return True
    return any(a.instance == broken.instance for a in _later(evidence, exposure, broken))


def _recovery(evidence: Evidence, exposure: Exposure, ticket: int) -> float:
    end = evidence.ends.get(ticket)
    if end is None or end.state not in FINISHED:
        return CENSORED
    return max(0.0, seconds(end.at - exposure.moment))


def _unavailable(evidence: Evidence) -> Figure:
    """Return the longest time without a completed step while a ticket that later makes progress was waiting.

    A ticket waits from its submission to its last completed step; the union of these spans is walked from completion to
    completion.
    """
    last: dict[int, int] = {}
    moments: list[int] = []
    for one in evidence.history.attempts:
        if one.ended is not None and one.result is not None and one.ticket > 0:
            moments.append(one.ended)
            if one.ended > last.get(one.ticket, 0):
                last[one.ticket] = one.ended
    moments.sort()
    if not moments:
        return Absent("no step completed")
    spans = sorted((evidence.first_sent.get(ticket, end), end) for ticket, end in last.items())
    return seconds(_longest_gap(_merged(spans), moments))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join overlapping spans; `spans` is sorted."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _longest_gap(spans: list[tuple[int, int]], moments: list[int]) -> int:
    """Return the longest gap between neighbouring moments within a span; a span's start opens a gap too."""
    longest = 0
    for start, end in spans:
        inside = [start, *moments[bisect_left(moments, start) : bisect_right(moments, end)]]
        longest = max(longest, max(map(sub, inside[1:], inside), default=0))
    return longest


def _drain(evidence: Evidence) -> Figure:
    undone = [one.t for one in evidence.history.faults_ended.values() if one.injected]
    undone += [over.t for _, over in evidence.history.hangs_over]
    undone += [one.moment for one in evidence.exposures if one.attestation.tickets]
    quiet = evidence.phase("quiet")
    if not undone:
        return Absent("no fault was undone")
    if quiet is None:
        return Absent("the run did not become quiet")
    return max(0.0, seconds(quiet - max(undone)))
