"""The desk's store: read-modify-write on tickets and agents, guarded as `locking` says.

Under `none` and `optimistic` a read is a finished transaction of its own and the write is another; under `atomic`
one transaction does both. A terminal ticket never changes again, whatever the locking.
"""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from systems.desk.config import Locking
from systems.desk.live import dialect
from systems.desk.live.schema import agents, audit, create, leases, pauses, tickets
from systems.desk.live.snapshot import Snapshot
from systems.desk.model import TERMINAL, Permanent, State, Ticket, Transient, WriteConflict
from systems.desk.rows import AuditRow, TableRow, TimelineEntry

__all__ = ["Store", "StoreLocked", "StoreUnreachable", "create"]

KEEP: Final = object()
_is_open = tickets.c.state.not_in(sorted(TERMINAL))
_changes = audit.select().where(audit.c.id > sa.bindparam("after")).order_by(audit.c.id)
"""Asked for many times a second, so it is put together once."""


Instance = tuple[str, int]
"""A step of a ticket and its visit."""


def _no_meeting(saw: str) -> None:
    """Do not wait: no race was planned here."""


class StoreLocked(Permanent):
    """The database gave up waiting for a lock: the ground's fault, never a scenario's."""


class StoreUnreachable(Transient):
    """The database's server cannot be reached, or does not answer: a write may have come through all the same."""


class Store:
    """The store of one system and repetition; one object a process, safe for its threads."""

    def __init__(self, url: str, locking: Locking) -> None:
        self._locking = locking
        engine = dialect.connect(url)
        # One pool, and an option that says how to begin (`dialect`): a write takes the lock at once, a read never does.
        self._reads, self._writes = engine, engine.execution_options(writes=True)
        self._agents_of: dict[str, int] = {}
        self._is_closed = False
        sa.event.listen(engine, "checkin", self._given_back)

    def close(self) -> None:
        """Close the connections; one that a thread uses at this moment, when it gives it back."""
        self._is_closed = True
        self._reads.dispose()

    def _given_back(self, connection: Any, entry: sa.pool.ConnectionPoolEntry) -> None:
        if self._is_closed and connection is not None:
            entry.invalidate()

    # -- tickets

    def open_ticket(self, ticket: Ticket, writer: str, walker: str = "", lease_s: float | None = None) -> bool:
        """Insert the ticket unless it is there; True if this call did it. Under `none`: check, then insert.

        `walker` is the process that will walk it, where walking is not the store's own affair but a process's; with
        `lease_s` it holds a lease on it from now on.
        """
        if self._locking == "none" and self.read(ticket.number) is not None:
            return False
        return self.insert_ticket(ticket, writer, walker, lease_s)

    def insert_ticket(self, ticket: Ticket, writer: str, walker: str = "", lease_s: float | None = None) -> bool:
        """Insert the ticket; False where its number is unique and there is a row already."""
        values = {
            "number": ticket.number,
            "priority": ticket.priority.value,
            "state": State.OPEN.value,
            "walker": walker,
            "version": 1,
            "writer": writer,
        }
        try:
            with self._writing() as connection:
                connection.execute(tickets.insert().values(at=time.monotonic_ns(), **values))
                _lease(connection, ticket.number, walker, lease_s)
        except sa.exc.IntegrityError:
            return False
        return True

    def read(self, number: int) -> Snapshot | None:
        """Read a ticket, in a transaction of its own."""
        with self._reading() as connection:
            return _snapshot(connection, number)

    def hand_over(self, number: int, before: str, after: str, writer: str, lease_s: float | None = None) -> bool:
        """Make `after` the walker of an open ticket whose walker is `before`; False if it is no longer.

        The version moves on, so that under `optimistic` a late write of the former walk is refused. With `lease_s`,
        `after` holds a lease on the ticket from now on. Whoever stood still is gone: the new walk asks anew whether to.
        """
        with self._writing() as connection:
            change = tickets.update().where(tickets.c.number == number, tickets.c.walker == before, _is_open)
            # This write records no step: the trigger copies `entry`, and would tell of the last one a second time.
            change = change.values(walker=after, state=State.OPEN.value, entry="", version=tickets.c.version + 1)
            change = change.values(read_version=tickets.c.version, writer=writer, at=time.monotonic_ns())
            is_handed_over = connection.execute(change).rowcount > 0
            if is_handed_over:
                _lease(connection, number, after, lease_s)
            return is_handed_over

    def renew(self, walker: str, numbers: Collection[int], lease_s: float) -> None:
        """Let the walker's leases on these tickets run for `lease_s` from now; one that another walker took is left."""
        renewal = leases.update().where(leases.c.walker == walker, leases.c.number.in_(numbers))
        with self._writing() as connection:
            connection.execute(renewal.values(until=time.monotonic_ns() + int(lease_s * 1e9)))

    def is_leased(self, number: int) -> bool:
        """Say whether a lease on the ticket still runs, whichever walker's."""
        with self._reading() as connection:
            until = connection.execute(sa.select(leases.c.until).where(leases.c.number == number)).scalar()
            return until is not None and until > time.monotonic_ns()

    def holds_lease(self, number: int, walker: str) -> bool:
        """Say whether the last lease on the ticket was the walker's; one that ran out is until another takes it."""
        with self._reading() as connection:
            whose = connection.execute(sa.select(leases.c.walker).where(leases.c.number == number)).scalar()
            return bool(whose == walker)

    def record(
        self, snapshot: Snapshot, entry: TimelineEntry, *, state: str | None = None, agent: object = KEEP
    ) -> TimelineEntry:
        """Append the entry of a step instance, with the ticket's new state and agent; return what stands recorded.

        `snapshot` is what the attempt read when it began. A step instance that is recorded already is found, not
        repeated, and a terminal ticket is left alone. Raises WriteConflict under `optimistic` if the ticket
        changed since.
        """
        standing = self._write(snapshot, entry, state, agent)
        return entry if standing is None else standing

    def note(self, snapshot: Snapshot, entry: TimelineEntry) -> bool:
        """Append an operator's note, guarded like any write; False where the ticket has ended. Raises WriteConflict."""
        return self._write(snapshot, entry, None, KEEP) is entry

    def _write(
        self, snapshot: Snapshot, entry: TimelineEntry, state: str | None, agent: object
    ) -> TimelineEntry | None:
        """Append `entry` and return it; what stands recorded in its place, or None for a ticket that has ended."""
        with self._writing() as connection:
            if self._locking == "atomic":
                snapshot = _snapshot(connection, snapshot.number, is_locking=True) or snapshot
            standing = snapshot.recorded(entry.step, entry.visit)
            if standing is not None or snapshot.state in TERMINAL:
                return standing
            is_written = connection.execute(self._append(snapshot, entry, state, agent)).rowcount > 0
            if not is_written:
                self._refused(connection, snapshot)
        return entry if is_written else None

    def _append(self, snapshot: Snapshot, entry: TimelineEntry, state: str | None, agent: object) -> sa.Update:
        line = msgspec.json.encode(entry).decode()
        # Blind is what an ORM does that saves a row as it was read and changed: the whole text, state and agent are
        # written back, and whatever another writer put there meanwhile is gone.
        is_blind = self._locking == "none"
        # By the row's own key: under `none` a ticket may stand there twice, and what was read is one of the two.
        change = tickets.update().where(tickets.c.id == snapshot.row, _is_open)
        if self._locking == "optimistic":
            change = change.where(tickets.c.version == snapshot.version)
        change = change.values(
            timeline=f"{snapshot.timeline}{line}\n" if is_blind else tickets.c.timeline + f"{line}\n",
            entry=line,
            version=tickets.c.version + 1,
            read_version=snapshot.version,
            writer=entry.attempt,
            at=time.monotonic_ns(),
        )
        if state is not None or is_blind:
            change = change.values(state=state or snapshot.state)
        if agent is not KEEP or is_blind:
            change = change.values(agent=snapshot.agent if agent is KEEP else agent)
        return change

    def _refused(self, connection: sa.Connection, snapshot: Snapshot) -> None:
        """Raise WriteConflict unless the write was refused because the ticket is terminal."""
        now = _snapshot(connection, snapshot.number)
        if now is not None and now.state not in TERMINAL:
            raise WriteConflict(f"ticket {snapshot.number}: expected version {snapshot.version}, found {now.version}")

    # -- an operator's pauses

    def pause(self, number: int) -> None:
        """Ask for a ticket to stand still at its next step; once is enough."""
        with self._writing() as connection:
            if not _is_pause_wanted(connection, number):
                connection.execute(pauses.insert().values(number=number))

    def resume(self, number: int) -> None:
        """Let it go on."""
        with self._writing() as connection:
            connection.execute(pauses.delete().where(pauses.c.number == number))

    def is_pause_wanted(self, number: int) -> bool:
        """Say whether an operator wants the ticket paused."""
        with self._reading() as connection:
            return _is_pause_wanted(connection, number)

    def stand_still(self, number: int, writer: str, *, is_paused: bool) -> None:
        """Move an open ticket to `paused`, or back to `open`."""
        before, after = (State.OPEN, State.PAUSED) if is_paused else (State.PAUSED, State.OPEN)
        change = tickets.update().where(tickets.c.number == number, tickets.c.state == before.value)
        change = change.values(state=after.value, entry="", version=tickets.c.version + 1)
        change = change.values(read_version=tickets.c.version, writer=writer)
        with self._writing() as connection:
            connection.execute(change.values(at=time.monotonic_ns()))

    # -- agents

    def take_agent(
        self,
        number: int,
        kind: str,
        attempt: str,
        near: int | None = None,
        offered: Callable[[str], None] = _no_meeting,
        instance: Instance | None = None,
    ) -> str | None:
        """Hold an agent of `kind` for the ticket and return its name; None while all are held.

        An agent that the ticket holds already is kept; a free one is looked for from the place that `near` (the
        ticket's number by default) stands for. `offered` is called between the read and the write, outside of any
        transaction, with what was read; under `atomic`, before both. Where the step `instance` was recorded meanwhile,
        its agent is returned and none taken. Raises WriteConflict under `optimistic`.
        """
        place = number if near is None else near
        if self._locking == "atomic":
            offered("")
            with self._writing() as connection:
                if stands := self._standing(connection, number, instance):
                    return stands.agent
                return self._hold(connection, self._offer(connection, number, kind, place), number, attempt)
        with self._reading() as connection:
            offer = self._offer(connection, number, kind, place)
        if offer is not None and offer.held_by != number:
            offered(f"{offer.name} version {offer.version}")
        with self._writing() as connection:
            if stands := self._standing(connection, number, instance):
                return stands.agent
            return self._hold(connection, offer, number, attempt)

    def _standing(self, connection: sa.Connection, number: int, instance: Instance | None) -> TimelineEntry | None:
        """Return what is recorded of a step instance at this moment; without a guard it is not looked for."""
        if instance is None or self._locking == "none":
            return None
        now = _snapshot(connection, number)
        return None if now is None else now.recorded(*instance)

    def _offer(self, connection: sa.Connection, number: int, kind: str, place: int) -> Any:
        """Return the agent's row that the ticket holds, or the first free one at or after the place."""
        is_atomic = self._locking == "atomic"
        held_by_ticket = agents.select().where(agents.c.held_by == number)
        held_row = connection.execute(held_by_ticket.with_for_update() if is_atomic else held_by_ticket).first()
        if held_row is not None:
            return held_row
        start = place % self._count(connection, kind)
        free = agents.select().where(agents.c.kind == kind, agents.c.held_by.is_(None))
        # Each ticket looks from a place of its own: with agents enough, two meet at one only where a race offers it to
        # both, and no conflict comes by chance.
        turn = sa.case((agents.c.place < start, 1), else_=0)
        first = free.order_by(turn, agents.c.place).limit(1)
        # Where rows are locked, an agent that another transaction is just taking is passed over.
        return connection.execute(first.with_for_update(skip_locked=True) if is_atomic else first).first()

    def _count(self, connection: sa.Connection, kind: str) -> int:
        if kind not in self._agents_of:
            count = sa.select(sa.func.count()).select_from(agents).where(agents.c.kind == kind)
            self._agents_of[kind] = connection.execute(count).scalar_one()
        return self._agents_of[kind]

    def _hold(self, connection: sa.Connection, offer: Any, number: int, attempt: str) -> str | None:
        if offer is None:
            return None
        name: str = offer.name
        if offer.held_by != number:
            self._write_agent(connection, offer, number, attempt)
        return name

    def release_agent(self, number: int, attempt: str, instance: Instance | None = None) -> str | None:
        """Free the agent that the ticket holds and return its name, if it holds one.

        Where the step `instance` was recorded meanwhile, the agent that the ticket holds now is a later step's.
        """
        held = agents.select().where(agents.c.held_by == number)
        if self._locking != "atomic":
            with self._reading() as connection:
                offer = connection.execute(held).first()
        with self._writing() as connection:
            if stands := self._standing(connection, number, instance):
                return stands.agent
            if self._locking == "atomic":
                offer = connection.execute(held.with_for_update()).first()
            if offer is None:
                return None
            self._write_agent(connection, offer, None, attempt)
        name: str = offer.name
        return name

    def _write_agent(self, connection: sa.Connection, read: Any, held_by: int | None, attempt: str) -> None:
        change = agents.update().where(agents.c.name == read.name)
        if self._locking == "optimistic":
            change = change.where(agents.c.version == read.version)
        values = {"held_by": held_by, "version": agents.c.version + 1, "read_version": read.version}
        outcome = connection.execute(change.values(writer=attempt, at=time.monotonic_ns(), **values))
        if outcome.rowcount == 0:
            raise WriteConflict(f"agent {read.name}: expected version {read.version}, found a later one")

    # -- what the harness reads and locks

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all others from writing, as a long transaction of another program would; nothing is written."""
        with _unlocked(), dialect.held(self._reads):
            yield

    def changes(self, after: int) -> list[AuditRow]:
        """Return the audit's rows after `after`, oldest first."""
        with self._reading() as connection:
            return [AuditRow(*row) for row in connection.execute(_changes, {"after": after})]

    def as_it_stands(self, after: int) -> tuple[list[AuditRow], list[TableRow]]:
        """Return the audit's rows after `after` and all rows of tickets and agents, as of one moment."""
        number, state = sa.cast(tickets.c.number, sa.Text), tickets.c.state
        holder = sa.func.coalesce(sa.cast(agents.c.held_by, sa.Text), "")
        with _unlocked(), dialect.with_stable_reads(self._reads).begin() as connection:
            written = [AuditRow(*row) for row in connection.execute(_changes, {"after": after})]
            standing = [("tickets", *row) for row in connection.execute(sa.select(number, tickets.c.version, state))]
            standing += [
                ("agents", *row) for row in connection.execute(sa.select(agents.c.name, agents.c.version, holder))
            ]
        return written, [TableRow(*row) for row in standing]

    # -- transactions

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _unlocked(), self._reads.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with _unlocked(), self._writes.begin() as connection:
            yield connection


def _lease(connection: sa.Connection, number: int, walker: str, lease_s: float | None) -> None:
    """Give the walker a lease on the ticket in the place of any other, if it shall have one."""
    if lease_s is None:
        return
    connection.execute(leases.delete().where(leases.c.number == number))
    until = time.monotonic_ns() + int(lease_s * 1e9)
    connection.execute(leases.insert().values(number=number, walker=walker, until=until))


def _is_pause_wanted(connection: sa.Connection, number: int) -> bool:
    return connection.execute(pauses.select().where(pauses.c.number == number)).first() is not None


def _snapshot(connection: sa.Connection, number: int, *, is_locking: bool = False) -> Snapshot | None:
    """Read a ticket; `is_locking` keeps its row for this transaction, where the database locks rows."""
    query = tickets.select().where(tickets.c.number == number).order_by(tickets.c.id).limit(1)
    row = connection.execute(query.with_for_update() if is_locking else query).first()
    if row is None:
        return None
    return Snapshot(row.id, row.number, row.priority, row.version, row.state, row.agent, row.walker, row.timeline)


@contextmanager
def _unlocked() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.OperationalError) as error:
        if dialect.is_lock_error(error):
            raise StoreLocked(str(getattr(error, "orig", error))) from error
        if dialect.is_lost(error):
            raise StoreUnreachable(str(getattr(error, "orig", error))) from error
        raise
