"""The store as it stood at the end: its audit and its tables, from the store itself or from what was copied of it."""

import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from sys import intern

import msgspec

from harness.decoding import UNREADABLE
from harness.history.lines import lines, place, unreadable
from harness.history.model import History
from systems.desk.path import Passage
from systems.desk.rows import AuditRow, TableRow

_audit_decoder = msgspec.json.Decoder(AuditRow)
_row_decoder = msgspec.json.Decoder(TableRow)
_passage_decoder = msgspec.json.Decoder(Passage)
_TICKET = re.compile(r"-?\d{1,9}", re.ASCII)


def read_store(folder: Path, history: History) -> None:
    """Read the audit and the tables as they stood at the end: from the store, or from what was copied of it.

    Raises RunFolderInvalid where there is a store that cannot be read: one of which nothing could be read would look
    like one in which nothing ever happened.
    """
    if (folder / "audit.jsonl").exists():
        copied = lines(folder / "audit.jsonl", _audit_decoder, history)
        history.audit = _meaningful(copied, folder / "audit.jsonl", history)
        copy = folder / "tables.jsonl"
        history.tables = lines(copy, _row_decoder, history) if copy.exists() else None
        return
    path = folder / "store.sqlite"
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as connection:
            history.audit = _meaningful(_audit(connection, path, history), path, history)
            history.tables = _tables(connection)
    except msgspec.ValidationError as error:
        raise unreadable(path, error) from None
    except sqlite3.Error as error:
        if path.exists() and not str(error).startswith("no such table"):  # without tables, nothing was begun
            raise unreadable(path, error) from None
        history.problems.append(f"{place(path, history)}: {error}")


def _read_only(path: Path) -> str:
    """Return the URI that opens a store to be read: as it stands, where no log of writes is left to be looked for.

    Looking for one needs a folder that can be written, which an archive need not be.
    """
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    return f"{path.absolute().as_uri()}?{'mode=ro' if has_log else 'mode=ro&immutable=1'}"


def _audit(connection: sqlite3.Connection, path: Path, history: History) -> list[AuditRow]:
    # SQLite keeps what it is given, of whatever type: it is asked of each row, as asking here would take a second for a
    # million of them.
    query = (
        'SELECT id, "table", "row", old_version, new_version, read_version, writer, "at", value, entry,'
        " typeof(id) || typeof(new_version) || typeof(\"at\") = 'integerintegerinteger'"
        " AND typeof(old_version) IN ('integer', 'null') AND typeof(read_version) IN ('integer', 'null')"
        ' AND typeof("table") || typeof("row") || typeof(writer) || typeof(value) || typeof(entry)'
        " = 'texttexttexttexttext' FROM audit ORDER BY id"
    )
    rows = []
    for number, table, row, old, new, read, writer, at, value, entry, is_typed in connection.execute(query):
        if is_typed:
            rows.append(
                AuditRow(number, intern(table), intern(row), old, new, read, writer, at, intern(value), _passage(entry))
            )
        else:
            history.problems.append(f"{place(path, history)}: audit row {number} has a value of a wrong type")
    return rows


def _passage(entry: str) -> str:
    """Return a timeline entry's text up to its attempt, which is the row's writer: thousands of rows share the rest."""
    passage, comma, _ = entry.partition(',"attempt":')
    return intern(f"{passage}}}" if comma else entry)


def _meaningful(rows: list[AuditRow], path: Path, history: History) -> list[AuditRow]:
    """Leave out, and note, rows that name no ticket or whose entry is none: nothing can be judged by them."""
    tickets, entries, kept = {""}, {""}, []
    for row in rows:
        ticket = row.row if row.table == "tickets" else row.value
        if (ticket in tickets or _is_ticket(ticket, tickets)) and (
            row.entry in entries or _is_entry(row.entry, entries)
        ):
            kept.append(row)
        else:
            history.problems.append(f"{place(path, history)}: audit row {row.id} names no ticket, or no step")
    return kept


def _is_ticket(text: str, known: set[str]) -> bool:
    if _TICKET.fullmatch(text):
        known.add(text)
    return text in known


def _is_entry(text: str, known: set[str]) -> bool:
    with suppress(*UNREADABLE):
        _passage_decoder.decode(text)
        known.add(text)
    return text in known


def _tables(connection: sqlite3.Connection) -> list[TableRow]:
    tickets = connection.execute("SELECT 'tickets', CAST(number AS TEXT), version, state FROM tickets")
    agents = "SELECT 'agents', name, version, COALESCE(CAST(held_by AS TEXT), '') FROM agents"
    columns = ("table", "row", "version", "value")
    rows = (dict(zip(columns, row, strict=True)) for row in (*tickets, *connection.execute(agents)))
    return msgspec.convert(list(rows), list[TableRow])
