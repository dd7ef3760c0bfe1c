"""A Row of those that make a figure, and what rows of all groups say alike."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

from harness.history.model import Attempt
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import rank, seconds
from harness.judging.metrics.sources import role_source, source, stopped
from systems.desk.model import ticket_id


@dataclass(frozen=True, slots=True)
class Row:
    """One row of those that make a figure; `ticket` None where it belongs to none.

    `adds` is what it adds to the figure, in the figure's unit; None where it only stands beside what does: a term of a
    quotient, a lower rank, the start of a difference.
    """

    text: str
    source: str
    ticket: int | None = None
    adds: float | None = 1


Say = Callable[[Evidence, int], str]
"""What there is to say of a ticket."""


def of_tickets(evidence: Evidence, tickets: Iterable[int], say: Say) -> Iterator[Row]:
    """Yield a row for each ticket, with what there is to say of it."""
    # Backwards, so that a ticket's first submission is the one that stays in the mapping.
    first = {submission.ticket: submission.seq for submission in reversed(evidence.history.submitted)}
    for ticket in sorted(tickets):
        yield Row(
            f"{ticket_id(ticket)} {say(evidence, ticket)}",
            role_source(evidence, "harness", first.get(ticket, 0)),
            ticket,
        )


def became(evidence: Evidence, ticket: int) -> str:
    """Say how a ticket ended, and how it should have; or where it stopped."""
    end = evidence.ends.get(ticket)
    if end is None:
        known = "still in the store" if evidence.is_known(ticket) else "no trace of it anywhere"
        return f"did not end: {stopped(evidence, ticket)}; {known}"
    due = "manual_intervention" if ticket in evidence.must_fail else evidence.truth(ticket).end
    if end.state != due:
        return f"ended as {end.state}, {due} expected"
    is_astray = ticket not in evidence.must_fail and not evidence.is_right(ticket)
    return f"ended as {end.state}" + (", by another path than expected" if is_astray else "")


def of_attempt(evidence: Evidence, attempt: Attempt, text: str = "", adds: float | None = 1) -> Row:
    """Return an attempt's row, with what there is to say of it: how it ended, if nothing else."""
    words = (
        f"{ticket_id(attempt.ticket)} {attempt.step} #{attempt.visit} in {attempt.proc}: {text or how_ended(attempt)}"
    )
    return Row(words, source(evidence, attempt.proc, attempt.seq), attempt.ticket, adds)


def how_ended(attempt: Attempt) -> str:
    """Return an attempt's result, or its error."""
    return attempt.result or attempt.error or "never ended"


def ranked(rows: Iterable[tuple[float, Row]], share: float) -> Iterator[Row]:
    """Yield rows from the least to the greatest value; the one at the percentile is the figure."""
    by_value = sorted(rows, key=itemgetter(0))
    chosen = rank(len(by_value), share)
    for nth, (value, row) in enumerate(by_value):
        if nth == chosen:
            yield replace(row, text=f"{row.text}, rank {nth + 1} of {len(by_value)}", adds=value)
        else:
            yield replace(row, adds=None)


def amount(value: float) -> str:
    """Return a number with all its digits, to the microsecond."""
    return f"{round(value, 6):.12g}"


def clock(evidence: Evidence) -> Callable[[int], str]:
    """Return what tells a moment (ns) as seconds after the run's first submission."""
    first = min(evidence.first_sent.values(), default=0)
    return lambda at: f"{amount(seconds(at - first))} s"


def ends(evidence: Evidence) -> Callable[[int], str]:
    """Return what names the record of a ticket's end."""
    terminal_rows: dict[int, int] = {}
    for row in evidence.history.audit:
        ticket = int(row.row) if row.table == "tickets" else 0
        if ticket in evidence.ends and row.value == evidence.ends[ticket].state:
            terminal_rows.setdefault(ticket, row.id)
    return lambda ticket: (
        f"audit row {terminal_rows[ticket]}" if ticket in terminal_rows else "no terminal row in the audit"
    )
