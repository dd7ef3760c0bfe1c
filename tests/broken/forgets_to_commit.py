"""Gives an agent back in a transaction that is not committed: the ticket's record says so, the agent's row does not."""

from typing import Any

import sqlalchemy as sa

from systems.desk.live.store import Store
from tests.broken.building import on_sync, serving


class ForgetsToCommit(Store):
    def _write_agent(self, connection: sa.Connection, read: Any, held_by: int | None, attempt: str) -> None:
        forgotten = connection.begin_nested()
        super()._write_agent(connection, read, held_by, attempt)
        if held_by is None and read.held_by > 0:
            forgotten.rollback()


build = on_sync(__name__)
main = serving(store=ForgetsToCommit)
