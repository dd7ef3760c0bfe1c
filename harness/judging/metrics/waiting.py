"""Waiting: when tickets waited for their next step, and the longest time in which none was completed."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import attrgetter, sub
from typing import NamedTuple

from harness.history.model import Attempt, Process
from harness.history.phases import RunPhase
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import CENSORED, Absent, Figure, seconds


class Wait(NamedTuple):
    """A span (ns) in which at least one ticket waited: from `start` to `end`, with every completion within, in order.

    `tail` is how long (ns) no step was completed at its end: infinite if none ever was again, 0 if it ended with a
    completion.
    """

    start: int
    done: list[int]
    end: int
    tail: float

    @property
    def moments(self) -> list[int]:
        """The moments between which nothing was completed."""
        return [self.start, *self.done]


def unavailable(evidence: Evidence) -> Figure:
    """Return the longest time without a completed step while a ticket was waiting (s).

    A ticket waits from its first submission until its next completed step, and so on. One that does not come to its
    end goes on waiting after its last step: until its client gives up, or, where the system has taken it on itself
    (it said ok, or holds it as live), until settling ends. One that is at its end, or was closed as failed, waits no
    more. Overlapping waits are one span, and the figure is the longest gap between completed steps in any span.

    The end of a span whose last gap no step closes is the question, as a service that dies for good must not look
    better than one that comes back. Where a step of any ticket is completed later, the gap is as long as the clients
    waited: the service came back after they had left. Where none ever is, the gap never closed, if the system still
    held a ticket, or had no live worker (or no engine) when the last client left. With live workers and nothing held,
    the client left a service that was there, and no ticket remained to show that it served: the gap is what the client
    waited.
    """
    if not evidence.first_sent:
        return Absent("no ticket was submitted")
    spans = waits(evidence)
    if not spans:
        return Absent("no step completed")
    longest = max(max(max(map(sub, span.done, span.moments), default=0), span.tail) for span in spans)
    return CENSORED if longest == CENSORED else seconds(longest)


def waits(evidence: Evidence) -> list[Wait]:
    """Return the spans in which tickets waited, in order; overlapping ones are one."""
    completed = completions(evidence)
    done = [attempt.ended or 0 for attempt in completed]
    joined = []
    for start, end in _merged(sorted(_spans(evidence, completed))):
        within = done[bisect_left(done, start) : bisect_right(done, end)]
        tail = _tail(evidence, within[-1] if within else start, end, done)
        joined.append(Wait(start, within, end, tail))
    return joined


def completions(evidence: Evidence) -> list[Attempt]:
    """Return the attempts that completed a step of a counted ticket, in the order of their ends."""
    ended = (a for a in evidence.history.attempts if a.ended is not None and a.result is not None and a.ticket > 0)
    return sorted(ended, key=attrgetter("ended"))


def _spans(evidence: Evidence, completed: list[Attempt]) -> Iterable[tuple[int, int]]:
    """Yield from when to when each ticket waited."""
    last = {attempt.ticket: attempt.ended or 0 for attempt in completed}
    over = {*evidence.ends, *evidence.classes["failed"]}
    for ticket, sent in evidence.first_sent.items():
        until = last.get(ticket)
        if ticket not in over:
            until = max(until or sent, _left(evidence, ticket))
        if until is not None:
            yield min(sent, until), until


def _left(evidence: Evidence, ticket: int) -> int:
    """Return when (ns) a ticket that is not at its end was left alone."""
    if ticket in evidence.held:
        return evidence.phase(RunPhase.QUIET, RunPhase.DEADLINE) or 0
    answers = [answer.t for answer in evidence.answers.get(ticket, [])]
    return evidence.history.gave_up.get(ticket, max(answers, default=0))


def _tail(evidence: Evidence, last: int, end: int, done: list[int]) -> float:
    """Return how long nothing was completed at the end of a span, after its `last` completion (or its start)."""
    if end <= last:
        return 0
    # Completions of any ticket show that the service came back, also of one that this span does not hold.
    is_served_later = bool(done) and done[-1] > end
    if is_served_later or not (evidence.held or not _is_staffed(evidence, end)):
        return end - last
    return CENSORED


def _is_staffed(evidence: Evidence, moment: int) -> bool:
    """Say whether a worker was alive at a moment, and an engine, where there is one."""
    processes = evidence.history.processes.values()
    needed = {"worker"} | {process.role for process in processes if process.role == "engine"}
    return needed <= {process.role for process in processes if process.spawned <= moment < _ceased_at(process)}


def _ceased_at(process: Process) -> float:
    """Return when (ns) a process ceased to serve, infinite while it lives.

    A killed process ceases with the signal, not when it is reaped: its clients notice before its parent can.
    """
    if process.exited is None:
        return math.inf
    return min([process.exited.t, *(sent.t for sent in process.signals if sent.signal == "SIGKILL")])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join overlapping spans; `spans` is sorted."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
