"""Races: anomalies of concurrent writes, read from the audit that the store's triggers wrote."""

from collections import defaultdict

from harness.history.model import Attempt
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Figures
from systems.desk.records import AuditRow, Conflict


def races(evidence: Evidence) -> Figures:
    """Judge every write on tickets and agents."""
    stale, lost = overwrites(evidence)
    return {
        "lost_updates": len(lost),
        "double_assignments": len(double_assignments(evidence)),
        "duplicate_tickets": len(duplicates(evidence)),
        "stale_writes": len(stale),
        "conflicts": len(conflicts(evidence)),
        "agents_leaked": len(agents_leaked(evidence)),
    }


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
        is_behind = row.old_version is not None and row.read_version is not None and row.read_version < row.old_version
        if is_behind and not (row.table == "tickets" and row.row.startswith("-")):
            missed = [one for one in before if one.new_version > (row.read_version or 0)]
            if row.writer in evidence.stale_operators or any(
                _supersedes(one, row, evidence.attempts_by_id) for one in missed
            ):
                stale.append(row)
            else:
                lost.append(row)
        before.append(row)
    return stale, lost


def _supersedes(one: AuditRow, row: AuditRow, attempts: dict[str, Attempt]) -> bool:
    """Say whether `one` was written by a later attempt on the same ticket than `row`."""
    mine, other = attempts.get(row.writer), attempts.get(one.writer)
    return mine is not None and other is not None and other.ticket == mine.ticket and other.started > mine.started


def duplicates(evidence: Evidence) -> list[int]:
    """Return the counted tickets that were inserted into the store more than once."""
    return sorted(ticket for ticket, count in evidence.rows.items() if count > 1 and ticket > 0)


def conflicts(evidence: Evidence) -> list[tuple[str, Conflict]]:
    """Return the refused writes on counted tickets, each with the process whose it was."""
    return [(proc, one) for proc, one in evidence.history.conflicts if one.ticket > 0]


def double_assignments(evidence: Evidence) -> list[AuditRow]:
    """Return the writes that gave an agent to a ticket while another one held them."""
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
    """Return how many lost updates are double assignments too: one write that gave away an agent who was held."""
    doubles = {row.id for row in double_assignments(evidence)}
    both = sum(row.id in doubles for row in overwrites(evidence)[1]) if doubles else 0
    return {"lost_updates": both} if both else {}


def agents_leaked(evidence: Evidence) -> list[AuditRow]:
    """Return the last writes on agents who are held at the end by a ticket that is not live."""
    last = {row.row: row for row in evidence.history.audit if row.table == "agents"}
    at_end = evidence.history.at_end
    live = set(at_end.live) if at_end is not None else set()
    return [row for row in last.values() if row.value and int(row.value) not in live]
