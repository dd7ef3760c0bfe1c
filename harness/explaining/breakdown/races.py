"""Rows of races: the writes that went over another one, and those that were refused."""

from collections.abc import Callable, Iterator
from functools import partial

from harness.explaining.breakdown.row import Row, Unfold, of_tickets
from harness.explaining.ticket_history import source
from harness.judging.evidence import Evidence
from harness.judging.metrics.races import agents_leaked, conflicts, double_assignments, duplicates, overwrites
from systems.desk.model import ticket_id
from systems.desk.records import AuditRow


def _writes(find: Callable[[Evidence], list[AuditRow]], evidence: Evidence) -> Iterator[Row]:
    for row in find(evidence):
        ticket = int(row.row) if row.table == "tickets" else int(row.value) if row.value else None
        held = f", held by {ticket_id(ticket)} then" if row.table == "agents" and ticket is not None else ""
        read = "" if row.read_version is None else f", its writer had read version {row.read_version}"
        text = f"{row.table} {row.row}: version {row.old_version} → {row.new_version} by {row.writer}{held}{read}"
        yield Row(text, f"audit row {row.id}", ticket)


def _stale(evidence: Evidence) -> list[AuditRow]:
    return overwrites(evidence)[0]


def _lost(evidence: Evidence) -> list[AuditRow]:
    return overwrites(evidence)[1]


def _duplicates(evidence: Evidence) -> Iterator[Row]:
    return of_tickets(
        evidence, duplicates(evidence), lambda ticket: f"was inserted into the store {evidence.rows[ticket]} times"
    )


def _conflicts(evidence: Evidence) -> Iterator[Row]:
    for proc, one in conflicts(evidence):
        text = f"{ticket_id(one.ticket)} a write on {one.table} was refused"
        yield Row(text, source(evidence, proc, one.seq), one.ticket)


ROWS: dict[str, Unfold] = {
    "lost_updates": partial(_writes, _lost),
    "stale_writes": partial(_writes, _stale),
    "double_assignments": partial(_writes, double_assignments),
    "agents_leaked": partial(_writes, agents_leaked),
    "duplicate_tickets": _duplicates,
    "conflicts": _conflicts,
}
