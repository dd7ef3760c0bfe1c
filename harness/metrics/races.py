"""Races: anomalies of concurrent writes, read from the audit that the store's triggers wrote."""

from collections import defaultdict

from harness.history import Attempt
from harness.metrics.evidence import Evidence
from harness.metrics.figure import Figures
from systems.desk.records import AuditRow


def races(evidence: Evidence) -> Figures:
    """Judge every write on tickets and agents."""
    stale, lost = _overwrites(evidence)
    return {
        "lost_updates": lost,
        "double_assignments": _double_assignments(evidence),
        "duplicate_tickets": sum(count > 1 for ticket, count in evidence.rows.items() if ticket > 0),
        "stale_writes": stale,
        "conflicts": sum(one.ticket > 0 for _, one in evidence.history.conflicts),
        "agents_leaked": _agents_leaked(evidence),
    }


def _overwrites(evidence: Evidence) -> tuple[int, int]:
    """Count (stale writes, lost updates): writes whose writer had read an older version than it replaced.

    Stale: its writer was superseded, by a newer attempt or a later step of the ticket that had committed. Lost
    update: any other. Never both.
    """
    written: dict[tuple[str, str], list[AuditRow]] = defaultdict(list)
    stale = lost = 0
    for row in evidence.history.audit:
        before = written[row.table, row.row]
        is_behind = row.old_version is not None and row.read_version is not None and row.read_version < row.old_version
        if is_behind and not (row.table == "tickets" and row.row.startswith("-")):
            missed = [one for one in before if one.new_version > (row.read_version or 0)]
            if row.writer in evidence.stale_operators or any(
                _supersedes(one, row, evidence.attempts_by_id) for one in missed
            ):
                stale += 1
            else:
                lost += 1
        before.append(row)
    return stale, lost


def _supersedes(one: AuditRow, row: AuditRow, attempts: dict[str, Attempt]) -> bool:
    """Say whether `one` was written by a later attempt on the same ticket than `row`."""
    mine, other = attempts.get(row.writer), attempts.get(one.writer)
    return mine is not None and other is not None and other.ticket == mine.ticket and other.started > mine.started


def _double_assignments(evidence: Evidence) -> int:
    """Count the times that an agent was given to a ticket while another one held it."""
    holder: dict[str, str] = {}
    doubles = 0
    for row in evidence.history.audit:
        if row.table != "agents":
            continue
        before = holder.get(row.row, "")
        doubles += bool(before and row.value and before != row.value)
        holder[row.row] = row.value
    return doubles


def _agents_leaked(evidence: Evidence) -> int:
    """Count the agents held at the end by a ticket that is not live."""
    holder = {row.row: row.value for row in evidence.history.audit if row.table == "agents"}
    at_end = evidence.history.at_end
    live = set(at_end.live) if at_end is not None else set()
    return sum(bool(ticket) and int(ticket) not in live for ticket in holder.values())
