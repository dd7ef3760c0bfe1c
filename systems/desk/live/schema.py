"""The store's tables: tickets, agents, what walks and operators hold, and the audit that triggers write."""

import sqlalchemy as sa

from systems.desk.config import Locking
from systems.desk.live.dialect import audit_triggers, connect

metadata = sa.MetaData()

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, index=True),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("agent", sa.Text),
    sa.Column("timeline", sa.Text, nullable=False, server_default=""),
    sa.Column("entry", sa.Text, nullable=False, server_default=""),
    sa.Column("walker", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("read_version", sa.Integer),
    sa.Column("writer", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("held_by", sa.Integer),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("read_version", sa.Integer),
    sa.Column("writer", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)
sa.Index("agents_held_by", agents.c.held_by)

pauses = sa.Table("pauses", metadata, sa.Column("number", sa.Integer, primary_key=True))
"""Tickets that an operator wants paused, for systems that keep no such wish of their own."""

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("walker", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
"""Which process walks a ticket, and until when (monotonic ns) no other may; apart from it, so no trigger sees it."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("table", sa.Text, nullable=False),
    sa.Column("row", sa.Text, nullable=False),
    sa.Column("old_version", sa.Integer),
    sa.Column("new_version", sa.Integer, nullable=False),
    sa.Column("read_version", sa.Integer),
    sa.Column("writer", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("entry", sa.Text, nullable=False, server_default=""),
)


def create(url: str, locking: Locking, regular: int, senior: int) -> None:
    """Make the tables and the agents R-001… and S-001…; a ticket number is unique unless locking is `none`."""
    engine = connect(url)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            metadata.create_all(connection)
            if locking != "none":
                connection.exec_driver_sql("CREATE UNIQUE INDEX one_row_a_ticket ON tickets (number)")
            connection.execute(
                agents.insert(),
                [
                    {
                        "name": f"{letter}-{place + 1:03d}",
                        "kind": kind,
                        "place": place,
                        "version": 1,
                        "writer": "",
                        "at": 0,
                    }
                    for letter, kind, count in (("R", "regular", regular), ("S", "senior", senior))
                    for place in range(count)
                ],
            )
            for statement in [
                *audit_triggers(engine, "tickets", "CAST(NEW.number AS TEXT)", "NEW.state", "NEW.entry"),
                *audit_triggers(engine, "agents", "NEW.name", "COALESCE(CAST(NEW.held_by AS TEXT), '')", "''"),
            ]:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
