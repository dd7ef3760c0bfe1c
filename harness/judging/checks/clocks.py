"""One clock for all: what must come before something else, in another process's record, must not be later by the clock.

Every process of a host reads the same monotonic clock, so each of these orders holds to the nanosecond. Where one does
not, a clock was another, and every time that is measured from one process to another is wrong by as much.
"""

from collections.abc import Iterator

from harness.history.model import Process
from harness.judging.checks.missing import name_of
from harness.judging.evidence import Evidence, once
from harness.judging.metrics.figure import seconds
from systems.desk.model import TERMINAL, ticket_id

BIRTH_SLACK_NS = 250_000_000
"""A process may begin its journal before the supervisor, which started it, has come to write that down."""
WALL_SLACK_NS = 50_000_000
"""An engine stamps its events by the wall clock, which on another host of yours may differ by a little."""


def clocks(evidence: Evidence) -> list[str]:
    """Say which clocks disagree: the first case of each kind, as one wrong clock makes many."""
    kinds = (_births(evidence), _effects(evidence), _clients(evidence), _residencies(evidence))
    return [first for kind in kinds if (first := next(kind, "")) != ""]


def _births(evidence: Evidence) -> Iterator[str]:
    for process in evidence.history.processes.values():
        for by_ns, what in _of_life(process):
            yield f"the clocks of the supervisor and {name_of(process)} disagree by {seconds(by_ns):.3f} s: {what}"


def _of_life(process: Process) -> Iterator[tuple[int, str]]:
    first, last, exited = process.first_record, process.last_record, process.exited
    if first is not None and first < process.spawned - BIRTH_SLACK_NS:
        yield process.spawned - first, "it wrote before it was started"
    if first is not None and process.ready is not None and first > process.ready:
        yield first - process.ready, "it began its journal after it was ready"
    if last is not None and exited is not None and last > exited.t:
        yield last - exited.t, "its last record is later than its end"


def _effects(evidence: Evidence) -> Iterator[str]:
    """Compare when the receiver took an effect with the attempt that sent it, which waited for the answer."""
    for entry in evidence.history.ledger:
        attempt = evidence.attempts_by_id.get(entry.attempt)
        if attempt is None:
            continue
        apart = f"the clocks of the receiver and a worker ({attempt.proc}) disagree by"
        if entry.t < attempt.started:
            early = seconds(attempt.started - entry.t)
            yield f"{apart} {early:.3f} s: effect {entry.seq} came before its attempt began"
        elif attempt.result is not None and attempt.ended is not None and entry.t > attempt.ended:
            late = seconds(entry.t - attempt.ended)
            yield f"{apart} {late:.3f} s: effect {entry.seq} came after its attempt had ended"


def _clients(evidence: Evidence) -> Iterator[str]:
    """Compare what clients did with what followed: a ticket's first trace, and the answer that tells its end."""
    apart = "the clocks of the harness and a worker disagree by"
    for ticket, at in _first_traces(evidence).items():
        sent = evidence.first_sent.get(ticket, at)
        if at < sent:
            yield f"{apart} {seconds(sent - at):.3f} s: {ticket_id(ticket)} was worked on before it was sent"
    for answer in evidence.history.answered:
        end = evidence.ends.get(answer.ticket)
        if answer.outcome == "ok" and answer.state in TERMINAL and end is not None and answer.t < end.at:
            late = seconds(end.at - answer.t)
            yield f"{apart} {late:.3f} s: {ticket_id(answer.ticket)} was answered before its end"


@once
def _first_traces(evidence: Evidence) -> dict[int, int]:
    """Return when each ticket first shows in a worker's record: a request, or an attempt."""
    # Both are in the order of time: of what is gone through backwards, the first of each ticket is what stays.
    asked = {request.ticket: request.opened for request in reversed(evidence.history.requests)}
    tried = {attempt.ticket: attempt.started for attempt in reversed(evidence.history.attempts)}
    return tried | {ticket: min(at, tried.get(ticket, at)) for ticket, at in asked.items()}


def _residencies(evidence: Evidence) -> Iterator[str]:
    """Compare where orchestrations lived, by an engine's clock, with what they had done, by the workers'."""
    apart = "the clocks of the engine and of the host disagree by"
    since: dict[int, int] = {}
    for span in evidence.history.residencies:
        since[span.ticket] = min(span.start, since.get(span.ticket, span.start))
    traces = _first_traces(evidence) if since else {}
    for ticket, start in since.items():
        sent, began = evidence.first_sent.get(ticket, start), traces.get(ticket, start)
        if start < sent - WALL_SLACK_NS:
            yield f"{apart} {seconds(sent - start):.3f} s: {ticket_id(ticket)} was resident before it was sent"
        if start > began + WALL_SLACK_NS:
            yield f"{apart} {seconds(start - began):.3f} s: {ticket_id(ticket)} was worked on before it was resident"
