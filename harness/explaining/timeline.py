"""A Picture: what a report draws of one repetition, small however many tickets there were. Pure.

All times are seconds after the run's first submission.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.catalogue import CATALOGUE, TABLE
from harness.explaining.breakdown import Row, unfold
from harness.explaining.ticket_history import Trace, affected, traces
from harness.faults.spec import Attestation, FaultInstance
from harness.history.model import Attempt, Process
from harness.judging.evidence import Evidence
from harness.judging.metrics.aftermath import recoveries
from harness.judging.metrics.figure import SECOND, seconds
from harness.judging.metrics.sources import stopped

MOST_BARS = 2500
MOST_POINTS = 400
MOST_MARKS = 200
MOST_ROWS = 24
"""How many of the rows that make a count are kept."""
BEFORE_S = 0.3
"""How much of the time before the first submission is shown."""
UNFOLDED = tuple(
    name
    for names in TABLE.values()
    for name in names
    if CATALOGUE[name].unit == "count" and not (CATALOGUE[name].listing or CATALOGUE[name].is_everything)
)
"""The counts whose rows are kept: all but those of `affected`, whose tickets are, and those that nearly all makes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt in a lane's row; `how` is done, failed (an error) or died (with its process)."""

    row: int
    start: float
    end: float
    step: str
    ticket: int
    how: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A worker, or the engine, across its restarts: when a process was up, when it stood still, what it did.

    `load` is how many attempts were open, as (time, number), where there are too many bars to be drawn.
    """

    name: str
    rows: int
    up: tuple[tuple[float, float, str], ...]
    stops: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]
    load: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault that landed: from its moment to when it was undone (the same, where there is nothing to undo)."""

    at: float
    until: float
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class StoppedTicket:
    """Where a lost ticket stopped: when, and in which lane (-1: in none)."""

    at: float
    lane: int
    ticket: int
    text: str


@dataclass(frozen=True, slots=True)
class Unfolded:
    """The first rows that make a count, and how many there are beyond them."""

    rows: tuple[Row, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One repetition of one system, as it is drawn; `recoveries` are infinite where a ticket never recovered.

    `unfolded` are the counts that are not zero, each with the rows that make it.
    """

    label: str
    repetition: int
    end: float
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    marks_left_out: int
    stops: tuple[StoppedTicket, ...]
    stops_left_out: int
    finished: tuple[tuple[float, int], ...]
    recoveries: tuple[float, ...]
    affected: dict[str, tuple[int, ...]]
    stories: dict[int, Trace]
    unfolded: dict[str, Unfolded]


def picture(evidence: Evidence, most_stories: int, most_bars: int = MOST_BARS) -> Picture:
    """Draw one repetition, with at most so many tickets' stories, the worst first.

    With more attempts than `most_bars`, lanes show how many are open at a time, not each.
    """
    first = min(evidence.first_sent.values(), default=0)
    known = affected(evidence)
    order = list(dict.fromkeys(ticket for tickets in known.values() for ticket in tickets))
    end = _end(evidence, first)
    lanes = _lanes(evidence, first, end, most_bars)
    stops = _stops(evidence, first)
    return Picture(
        label=evidence.history.label,
        repetition=evidence.history.repetition,
        end=end,
        lanes=lanes,
        marks=tuple(_mark(evidence, *landed, first) for landed in evidence.landed[:MOST_MARKS]),
        marks_left_out=max(0, len(evidence.landed) - MOST_MARKS),
        stops=stops[:MOST_MARKS],
        stops_left_out=max(0, len(stops) - MOST_MARKS),
        finished=_finished(evidence, first),
        recoveries=tuple(sorted(took for _, _, took in recoveries(evidence))),
        affected=known,
        stories=traces(evidence, order[:most_stories]),
        unfolded=_unfolded(evidence),
    )


def thinned(points: Sequence[tuple[float, int]], most: int = MOST_POINTS) -> tuple[tuple[float, int], ...]:
    """Return a rising curve with at most so many points, its first and last among them."""
    if len(points) <= most:
        return tuple(points)
    # Points of the curve itself, not means: every one that is drawn happened.
    step = (len(points) - 1) / (most - 1)
    return tuple(points[round(number * step)] for number in range(most))


def _end(evidence: Evidence, first: int) -> float:
    history = evidence.history
    moments = [end.at for end in evidence.ends.values()]
    moments += [undone.t for undone in history.faults_ended.values()]
    moments += [answer.t for answer in history.answered if answer.ticket > 0]
    moments += [attempt.ended or attempt.started for attempt in history.attempts if attempt.ticket > 0]
    return seconds(max(moments, default=first) - first)


def _finished(evidence: Evidence, first: int) -> tuple[tuple[float, int], ...]:
    moments = sorted(evidence.ends[ticket].at for ticket in evidence.classes["finished"])
    return thinned([(seconds(at - first), number) for number, at in enumerate(moments, start=1)])


def _unfolded(evidence: Evidence) -> dict[str, Unfolded]:
    rows_of_counts = ((name, unfold(name, evidence)) for name in UNFOLDED)
    return {
        name: Unfolded(tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS)) for name, rows in rows_of_counts if rows
    }


def _mark(evidence: Evidence, fault: FaultInstance, attested: Attestation, first: int) -> Mark:
    spec = evidence.plan.scenario.faults[fault.fault - 1]
    at = attested.moment or first
    ended = evidence.history.faults_ended.get(fault.id)
    until = ended.t if ended is not None and ended.injected else at
    name = spec.name or str(spec.__struct_config__.tag)
    return Mark(seconds(at - first), seconds(max(at, until) - first), name, f"fault {fault.id}: {attested.detail}")


# -- lanes


def _lanes(evidence: Evidence, first: int, end: float, most_bars: int) -> tuple[Lane, ...]:
    slots: dict[tuple[str, int], list[Process]] = defaultdict(list)
    for process in sorted(evidence.history.processes.values(), key=lambda process: process.spawned):
        if process.role in {"worker", "engine"}:
            slots[process.role, process.index].append(process)
    done: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in evidence.history.attempts:
        if attempt.ticket > 0:
            done[attempt.proc].append(attempt)
    is_crowded = sum(map(len, done.values())) > most_bars
    return tuple(
        _lane(evidence, f"{role} {index}", processes, done, (first, end), is_crowded=is_crowded)
        for (role, index), processes in sorted(slots.items(), key=lambda slot: (slot[0][0] == "engine", slot[0]))
    )


def _lane(
    evidence: Evidence,
    name: str,
    processes: Sequence[Process],
    done: dict[str, list[Attempt]],
    span: tuple[int, float],
    *,
    is_crowded: bool,
) -> Lane:
    first, end = span
    attempts = sorted((a for process in processes for a in done[process.proc]), key=lambda a: a.started)
    spans = [(a.started, _ended(evidence, a, first, end)) for a in attempts]
    rows, count = _rows(spans)
    bars = () if is_crowded else tuple(_bar(a, s, r, first) for a, s, r in zip(attempts, spans, rows, strict=True))
    return Lane(
        name=name,
        rows=max(1, count),
        up=tuple(_up(process, first, end) for process in processes if _up(process, first, end)[1] > -BEFORE_S),
        stops=tuple(
            (seconds(stop.stopped - first), end if stop.continued is None else seconds(stop.continued - first))
            for process in processes
            for stop in process.stops
        ),
        bars=bars,
        load=_load(spans, first, end) if is_crowded else (),
    )


def _up(process: Process, first: int, end: float) -> tuple[float, float, str]:
    until = end if process.exited is None else min(end, seconds(process.exited.t - first))
    return max(-BEFORE_S, seconds((process.ready or process.spawned) - first)), until, process.proc


def _ended(evidence: Evidence, attempt: Attempt, first: int, end: float) -> int:
    """Return when an attempt ended, or its process died; at the picture's end where neither is known."""
    if attempt.ended is not None:
        return attempt.ended
    return max(attempt.started, evidence.died.get(attempt.proc, first + round(end * SECOND)))


def _rows(spans: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """Give each span, in order of their starts, the lowest row that is free; return the rows and how many there are."""
    # Greedy by start times, with the rows that are free on a heap: that needs as many rows as attempts ever overlapped,
    # the least there can be, in n·log n.
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    rows, count = [], 0
    for start, end in spans:
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            row = heapq.heappop(free)
        else:
            row, count = count, count + 1
        rows.append(row)
        heapq.heappush(busy, (end, row))
    return rows, count


def _bar(attempt: Attempt, span: tuple[int, int], row: int, first: int) -> Bar:
    how = "died" if attempt.ended is None else "failed" if attempt.error else "done"
    start, end = (seconds(moment - first) for moment in span)
    return Bar(row, start, end, attempt.step, attempt.ticket, how)


def _load(spans: Sequence[tuple[int, int]], first: int, end: float) -> tuple[tuple[float, float], ...]:
    """Return how many spans were open on average in each of equal parts of the time, by the time worked in them."""
    whole = max(MOST_POINTS, round(end * SECOND))
    # Rounded up: rounded down, the last moments would fall into a part beyond the last.
    width = -(-whole // MOST_POINTS)
    worked = [0] * MOST_POINTS
    for start, stop in spans:
        low, high = max(0, start - first), min(whole, stop - first)
        part = low // width
        while low < high:
            border = min(high, (part + 1) * width)
            worked[part] += border - low
            low, part = border, part + 1
    return tuple((round(n * width / SECOND, 4), round(value / width, 3)) for n, value in enumerate(worked))


# -- lost tickets


def _stops(evidence: Evidence, first: int) -> tuple[StoppedTicket, ...]:
    """Return where the last attempt of each ticket that was lost or stands still ended, or when it was sent."""
    lost = {*evidence.classes["lost"], *evidence.classes["wedged"]}
    lanes: dict[str, int] = {}
    slots = sorted(
        {
            (process.role, process.index)
            for process in evidence.history.processes.values()
            if process.role in {"worker", "engine"}
        },
        key=lambda slot: (slot[0] == "engine", slot),
    )
    for process in evidence.history.processes.values():
        if (process.role, process.index) in slots:
            lanes[process.proc] = slots.index((process.role, process.index))
    return tuple(sorted((_stop(evidence, t, lanes, first) for t in lost), key=lambda stop: stop.at))


def _stop(evidence: Evidence, ticket: int, lanes: dict[str, int], first: int) -> StoppedTicket:
    last = evidence.last_attempts.get(ticket)
    if last is None:
        return StoppedTicket(seconds(evidence.first_sent[ticket] - first), -1, ticket, "no step of it was ever begun")
    at = last.ended if last.ended is not None else evidence.died.get(last.proc, last.started)
    return StoppedTicket(
        seconds(max(at, last.started) - first), lanes.get(last.proc, -1), ticket, stopped(evidence, ticket)
    )


def share_recovered(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return (seconds, share of all that had recovered by then); tickets that never did keep it below 1."""
    known = [value for value in sorted(values) if not math.isinf(value)]
    points = [(value, number) for number, value in enumerate(known, start=1)]
    return [(at, number / len(values)) for at, number in thinned(points)]
