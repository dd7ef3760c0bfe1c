"""What differs between databases: how a connection is set up, how writes lock, and how triggers are written."""

import sqlite3
from typing import Any

import sqlalchemy as sa

BUSY_TIMEOUT_S = 30.0


def connect(url: str) -> sa.Engine:
    """Open an engine whose transactions begin explicitly: writes lock at once, reads never block."""
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=64)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: sa.Connection) -> None:
    """Begin as the connection's options say; a deferred transaction that writes late would fail, not wait."""
    is_writing = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def lock(connection: sa.Connection) -> None:
    """Keep others from writing while this writing transaction lasts: on SQLite its beginning has done so."""


def can_write(engine: sa.Engine, within_s: float) -> bool:
    """Say whether a writing transaction can be had within `within_s`; nothing is written."""
    connection = sqlite3.connect(str(engine.url.database), timeout=within_s, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def is_lock_error(error: sa.exc.DBAPIError) -> bool:
    """Say whether the database gave up waiting for a lock."""
    return "locked" in str(error.orig) or "busy" in str(error.orig)


def audit_triggers(table: str, key: str, value: str, entry: str) -> list[str]:
    """Return the statements that make every write on `table` append its audit row in the writer's transaction.

    `key`, `value` and `entry` are SQL expressions over the new row.
    """
    columns = '"table", "row", old_version, new_version, read_version, writer, "at", value, entry'
    row = f"NEW.version, NEW.read_version, NEW.writer, NEW.at, {value}, {entry}"
    inserted = f"INSERT INTO audit ({columns}) VALUES ('{table}', {key}, NULL, {row});"  # noqa: S608 - constants
    updated = f"INSERT INTO audit ({columns}) VALUES ('{table}', {key}, OLD.version, {row});"  # noqa: S608 - constants
    return [
        f"CREATE TRIGGER audit_{table}_insert AFTER INSERT ON {table} BEGIN {inserted} END",
        f"CREATE TRIGGER audit_{table}_update AFTER UPDATE ON {table} BEGIN {updated} END",
    ]
