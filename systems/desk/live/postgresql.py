"""Connections to PostgreSQL with limits of the client's own: a server that says nothing is not waited for for ever.

TCP alone does not tell: where something between both sides takes the bytes and acknowledges them (a firewall, a
balancer, a proxy), neither keep-alives nor `tcp_user_timeout` find out that nobody reads them.
"""

import time
from collections.abc import Generator
from typing import Any

import psycopg
import sqlalchemy as sa

from systems.desk.limits import STORE_ANSWER_S, STORE_CONNECT_S, STORE_IDLE_S


class ServerSilent(psycopg.OperationalError):
    """The server did not answer in time."""


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that is closed, with ServerSilent, when an answer takes longer than `answer_s`."""

    answer_s = STORE_ANSWER_S

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
        """Wait for one exchange with the server, as psycopg does for each: it looks up ten times a second."""
        try:
            return super().wait(_limited(gen, self.answer_s), *arguments, **options)
        except ServerSilent:
            self.close()
            raise


def _limited(exchange: Generator[Any, Any, Any], limit_s: float) -> Generator[Any, Any, Any]:
    """Pass an exchange on step by step, to its result; raises ServerSilent where none comes within `limit_s`."""
    deadline = time.monotonic() + limit_s
    try:
        wish = next(exchange)
        while True:
            came = yield wish
            # Nothing came if that is false: then it only looked up.
            if not came and time.monotonic() > deadline:
                exchange.close()
                raise ServerSilent(f"the server did not answer within {limit_s:g} s")
            wish = exchange.send(came)
    except StopIteration as done:
        return done.value


def connect(url: str, lock_s: float, idle_s: float = STORE_IDLE_S, answer_s: float | None = None) -> sa.Engine:
    """Open an engine whose connections have all limits; a transaction waits for a lock for at most `lock_s`.

    `idle_s` is how long a transaction may stand still, `answer_s` (by default STORE_ANSWER_S) how long one exchange
    with the server may take; it must be longer than `lock_s`, or a lock that is held looks like a silent server.
    """
    limit_s = STORE_ANSWER_S if answer_s is None else answer_s
    connecting = {"connect_timeout": int(STORE_CONNECT_S)}
    engine = sa.create_engine(url, pool_size=64, isolation_level="READ COMMITTED", connect_args=connecting)

    def begin_session(connection: LimitedConnection, _: Any) -> None:
        connection.execute(f"SET lock_timeout = '{lock_s:g}s'")
        # A transaction whose client was cut off would keep its locks, and with them all who want to write, for as long
        # as the server thinks it connected.
        connection.execute(f"SET idle_in_transaction_session_timeout = '{idle_s:g}s'")
        connection.commit()

    def open_limited(_: Any, __: Any, arguments: list[Any], options: dict[str, Any]) -> LimitedConnection:
        connection = LimitedConnection.connect(*arguments, **options)
        connection.answer_s = limit_s
        return connection

    sa.event.listen(engine, "do_connect", open_limited)
    sa.event.listen(engine, "connect", begin_session)
    return engine
