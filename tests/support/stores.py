"""A database, and stores opened on it, for tests of what the store guards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from systems.desk.config import Locking
from systems.desk.live.snapshot import Snapshot
from systems.desk.live.store import Store, create
from systems.desk.model import Priority, Ticket
from systems.desk.rows import TimelineEntry

LOCKINGS: tuple[Locking, ...] = ("none", "optimistic", "atomic")
each_locking = pytest.mark.parametrize("locking", LOCKINGS)
TICKET = Ticket(1, Priority.LOW)


@dataclass
class Ground:
    """A database, and stores opened on it as processes of their own would."""

    url: str
    stores: list[Store]

    def open(self, locking: Locking) -> Store:
        self.stores.append(Store(self.url, locking))
        return self.stores[-1]

    def create(self, locking: Locking, regular: int = 3, senior: int = 2) -> Store:
        create(self.url, locking, regular, senior)
        return self.open(locking)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]


def entry(step: str, attempt: str, visit: int = 1) -> TimelineEntry:
    return TimelineEntry(step, visit, "", "done", attempt)


def opened(store: Store, ticket: Ticket = TICKET) -> Snapshot:
    assert store.open_ticket(ticket, "opener")
    return seen(store, ticket.number)


def seen(store: Store, number: int = 1) -> Snapshot:
    found = store.read(number)
    assert found is not None
    return found


def steps(store: Store) -> list[tuple[str, str]]:
    return [(one.step, one.attempt) for one in seen(store).entries()]


@contextmanager
def before_next_write(act: Callable[[], object]) -> Iterator[None]:
    """Act once in the moment before the next write transaction begins."""
    waiting = [act]

    def begin(connection: sa.Connection) -> None:
        if waiting and connection.get_execution_options().get("writes"):
            waiting.pop()()

    sa.event.listen(sa.Engine, "begin", begin)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "begin", begin)
    assert not waiting, "nothing was written"
