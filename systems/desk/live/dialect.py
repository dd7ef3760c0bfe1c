"""What differs between databases: how a connection is set up, how writes lock, and how triggers are written."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import sqlalchemy as sa

from systems.desk.limits import BUSY_TIMEOUT_S

FILE = "sqlite:///"
"""What the path of a file follows as it is: `#`, `?` and `%` in it are signs like any other."""
ASK_AGAIN_S = 0.0005


def connect(url: str) -> sa.Engine:
    """Open an engine on SQLite or PostgreSQL whose lock errors come after `BUSY_TIMEOUT_S`.

    On SQLite transactions begin explicitly: writes lock at once, reads never block. On PostgreSQL they are READ
    COMMITTED, so that a blind write overwrites, as it would in most services, and does not fail.
    """
    if _is_postgresql(url):
        from systems.desk.live import postgresql  # noqa: PLC0415 - SQLite needs no driver of PostgreSQL's

        return postgresql.connect(url, BUSY_TIMEOUT_S)
    place = sa.URL.create("sqlite", database=url.removeprefix(FILE))
    engine = sa.create_engine(place, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=64)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _is_postgresql(url: str) -> bool:
    return url.startswith("postgresql")


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    # In WAL a read never waits for a writer. With NORMAL a commit survives the death of its process, which is all that
    # a kill is; a sync for each commit would measure the disk.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: sa.Connection) -> None:
    """Begin as the connection's options say; a deferred transaction that writes late would fail, not wait."""
    is_writing = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def with_stable_reads(engine: sa.Engine) -> sa.Engine:
    """Return an engine whose transactions see all their reads as of one moment."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


@contextmanager
def held(engine: sa.Engine) -> Iterator[None]:
    """Keep all others from writing while this lasts; nothing is written. Raises DBAPIError if it cannot be had.

    On SQLite it asks again every half millisecond, sooner than the driver's own waiting, which grows to 100 ms.
    """
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            # It stands still on purpose, for as long as a fault says.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            # This mode conflicts with all that writes and with no plain read, as SQLite's lock does.
            connection.exec_driver_sql("LOCK TABLE tickets, agents, audit, pauses, leases IN EXCLUSIVE MODE")
            yield
        return
    path = str(engine.url.database)
    # The lock may be taken in one thread and given back from another, as an event loop does that must not wait.
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)) as connection:
        _begin_soon(connection)
        yield


def _begin_soon(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_lock_error(error) or time.monotonic() > deadline:
                raise
            time.sleep(ASK_AGAIN_S)
        else:
            return


def is_lock_error(error: Exception) -> bool:
    """Say whether the database gave up waiting for a lock."""
    message = str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)
    return "locked" in message or "busy" in message or "lock timeout" in message or "deadlock" in message


def is_lost(error: Exception) -> bool:
    """Say whether the connection broke, could not be made, or was given up: what the server made of it is not known."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    # An error that the server itself tells of has a state; one that refuses a connection as it is full has, too.
    return error.connection_invalidated or getattr(error.orig, "sqlstate", "") is None


def audit_triggers(engine: sa.Engine, table: str, key: str, value: str, entry: str) -> list[str]:
    """Return the statements that make every write on `table` append its audit row in the writer's transaction.

    `key`, `value` and `entry` are SQL expressions over the new row.
    """
    columns = 'id, "table", "row", old_version, new_version, read_version, writer, "at", value, entry'
    number = "(SELECT COALESCE(MAX(id), 0) + 1 FROM audit)"  # a sequence would leave a gap where a write is rolled back
    row = f"NEW.version, NEW.read_version, NEW.writer, NEW.at, {value}, {entry}"
    inserted = f"INSERT INTO audit ({columns}) VALUES ({number}, '{table}', {key}, NULL, {row});"  # noqa: S608 - constants
    updated = f"INSERT INTO audit ({columns}) VALUES ({number}, '{table}', {key}, OLD.version, {row});"  # noqa: S608 - constants
    if engine.dialect.name == "postgresql":
        return _postgresql_triggers(table, inserted, updated)
    return [
        f"CREATE TRIGGER audit_{table}_insert AFTER INSERT ON {table} BEGIN {inserted} END",
        f"CREATE TRIGGER audit_{table}_update AFTER UPDATE ON {table} BEGIN {updated} END",
    ]


def _postgresql_triggers(table: str, inserted: str, updated: str) -> list[str]:
    """Return triggers that number audit rows without a gap in the order of their commits: reading on misses none."""
    in_turn = "PERFORM pg_advisory_xact_lock(hashtext(current_schema()));"
    body = f"BEGIN {in_turn} IF TG_OP = 'INSERT' THEN {inserted} ELSE {updated} END IF; RETURN NULL; END"
    return [
        f"CREATE FUNCTION audit_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER audit_{table} AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_{table}()",
    ]
