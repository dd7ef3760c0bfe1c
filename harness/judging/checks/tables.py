"""The store's tables set beside its audit: every row stands as its last write left it."""

from collections import Counter
from dataclasses import dataclass

from harness.history.model import History
from systems.desk.rows import AuditRow, TableRow

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """What speaks against the store or its audit, and what the audit lacks."""

    contradictions: list[str]
    missing: list[str]


def compared(history: History) -> Compared:
    """Compare the last version and value of each row with the audit's; a row that is further on was written unseen."""
    if history.tables is None:
        return Compared([], [] if history.totals is None else ["the store's tables cannot be read"])
    audited = {(row.table, row.row): row for row in history.audit}
    stored = {(row.table, row.row): row for row in history.tables}
    differing = {key for key in audited.keys() | stored.keys() if not _agree(audited.get(key), stored.get(key))}
    differing -= _several(history) if differing else set()
    against: list[str] = []
    missing: list[str] = []
    for key in sorted(differing):
        difference = (
            f"{key[0]} {key[1]}: {_shown(stored.get(key))} in the store, {_shown(audited.get(key))} by the audit"
        )
        # An audit that ends early may have been cut. A store that is behind its own triggers, or differs at the same
        # version, cannot come about by losing records.
        (missing if _is_behind(audited.get(key), stored.get(key)) else against).append(difference)
    return Compared(against, missing)


def _agree(last: AuditRow | None, now: TableRow | None) -> bool:
    if last is None:
        # Agents are put in before any ticket comes; one that was never given away has no row in the audit.
        return now is not None and now.table == "agents" and (now.version, now.value) == (1, "")
    return now is not None and (last.new_version, last.value) == (now.version, now.value)


def _is_behind(last: AuditRow | None, now: TableRow | None) -> bool:
    return now is not None and (last is None or last.new_version < now.version)


def _several(history: History) -> set[Key]:
    """Return tickets of which the store has several rows, if it has as many as were inserted: each has its versions."""
    rows = Counter((row.table, row.row) for row in history.tables or ())
    inserted = Counter((row.table, row.row) for row in history.audit if row.old_version is None)
    return {key for key, count in rows.items() if count > 1 and inserted[key] == count}


def _shown(row: AuditRow | TableRow | None) -> str:
    if row is None:
        return "nothing"
    version = row.version if isinstance(row, TableRow) else row.new_version
    return f"version {version} {row.value!r}"
