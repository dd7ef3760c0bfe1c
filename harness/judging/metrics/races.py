"""Races: anomalies of concurrent writes, read from the audit that the store's triggers wrote."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

from harness.history.model import Attempt
from harness.judging.evidence import Evidence, once
from harness.judging.metrics.measured import Measure, counted, of_tickets
from harness.judging.metrics.row import Row
from harness.judging.metrics.sources import source
from systems.desk.model import ticket_id
from systems.desk.records import Conflict
from systems.desk.rows import AuditRow


@once
def overwrites(evidence: Evidence) -> tuple[list[AuditRow], list[AuditRow]]:
    """Return (stale writes, lost updates): writes whose writer had read an older version than it replaced.

    Stale: its writer was superseded, by a newer attempt or a later step of the ticket that had committed. Lost
    update: any other. Never both.
    """
    written: dict[tuple[str, str], list[AuditRow]] = defaultdict(list)
    stale: list[AuditRow] = []
    lost: list[AuditRow] = []
    for row in evidence.history.audit:
        before = written[row.table, row.row]
        # An insert replaces nothing, and a write that names no version read cannot be held against one.
        old, read = row.old_version, row.read_version
        is_counted = not (row.table == "tickets" and row.row.startswith("-"))
        if is_counted and old is not None and read is not None and read < old:
            missed = [write for write in before if write.new_version > read]
            if row.writer in evidence.stale_operators or any(
                _supersedes(write, row, evidence.attempts_by_id) for write in missed
            ):
                stale.append(row)
            else:
                lost.append(row)
        before.append(row)
    return stale, lost


def _supersedes(missed: AuditRow, row: AuditRow, attempts: dict[str, Attempt]) -> bool:
    """Say whether the write that `row` missed was made by a later attempt on the same ticket."""
    own, newer = attempts.get(row.writer), attempts.get(missed.writer)
    return own is not None and newer is not None and newer.ticket == own.ticket and newer.started > own.started


def duplicates(evidence: Evidence) -> list[int]:
    """Return the counted tickets that were inserted into the store more than once."""
    return sorted(ticket for ticket, count in evidence.rows.items() if count > 1 and ticket > 0)


def conflicts(evidence: Evidence) -> list[tuple[str, Conflict]]:
    """Return the refused writes on counted tickets, each with the process whose it was."""
    return [(proc, conflict) for proc, conflict in evidence.history.conflicts if conflict.ticket > 0]


@once
def double_assignments(evidence: Evidence) -> list[AuditRow]:
    """Return the writes that gave an agent to a ticket while another ticket held it."""
    holder: dict[str, str] = {}
    doubles = []
    for row in evidence.history.audit:
        if row.table != "agents":
            continue
        before = holder.get(row.row, "")
        if before and row.value and before != row.value:
            doubles.append(row)
        holder[row.row] = row.value
    return doubles


def counted_twice(evidence: Evidence) -> dict[str, int]:
    """Return how many lost updates are double assignments too: one write that gave away an agent that was held."""
    # The two metrics stay as they are, since either may be asked for alone; only who adds them up has to know.
    doubles = {row.id for row in double_assignments(evidence)}
    both = sum(row.id in doubles for row in overwrites(evidence)[1]) if doubles else 0
    return {"lost_updates": both} if both else {}


def agents_leaked(evidence: Evidence) -> list[AuditRow]:
    """Return the last writes on agents that are held at the end by a ticket that is not live."""
    # By the audit, not by tickets' paths: an agent that a dead walk took is held in the store, whatever the walk meant
    # to do.
    last = {row.row: row for row in evidence.history.audit if row.table == "agents"}
    at_end = evidence.history.at_end
    live = set(at_end.live) if at_end is not None else set()
    return [row for row in last.values() if row.value and int(row.value) not in live]


# -- the figures, and their rows


def _write_rows(find: Callable[[Evidence], list[AuditRow]], evidence: Evidence) -> Iterator[Row]:
    for row in find(evidence):
        ticket = int(row.row) if row.table == "tickets" else int(row.value) if row.value else None
        held = f", held by {ticket_id(ticket)} then" if row.table == "agents" and ticket is not None else ""
        read = "" if row.read_version is None else f", its writer had read version {row.read_version}"
        text = f"{row.table} {row.row}: version {row.old_version} → {row.new_version} by {row.writer}{held}{read}"
        yield Row(text, f"audit row {row.id}", ticket)


def _writes(find: Callable[[Evidence], list[AuditRow]]) -> Measure:
    """Count writes, a row each."""
    return counted(find, partial(_write_rows, find))


def _stale(evidence: Evidence) -> list[AuditRow]:
    return overwrites(evidence)[0]


def _lost(evidence: Evidence) -> list[AuditRow]:
    return overwrites(evidence)[1]


def _inserted(evidence: Evidence, ticket: int) -> str:
    return f"was inserted into the store {evidence.rows[ticket]} times"


def _refusals(evidence: Evidence) -> Iterator[Row]:
    for proc, conflict in conflicts(evidence):
        text = f"{ticket_id(conflict.ticket)} a write on {conflict.table} was refused"
        yield Row(text, source(evidence, proc, conflict.seq), conflict.ticket)


MEASURES: dict[str, Measure] = {
    "lost_updates": _writes(_lost),
    "double_assignments": _writes(double_assignments),
    "duplicate_tickets": of_tickets(duplicates, _inserted),
    "stale_writes": _writes(_stale),
    "conflicts": counted(conflicts, _refusals),
    "agents_leaked": _writes(agents_leaked),
}
