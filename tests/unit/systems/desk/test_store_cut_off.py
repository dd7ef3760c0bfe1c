"""The store on PostgreSQL, over a link that is really cut: it never waits for ever, and says what it does not know."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from harness.execution.network.orders import NetworkMode
from systems.desk.limits import STORE_ANSWER_S
from systems.desk.live import dialect, postgresql
from systems.desk.live.store import Store, StoreUnreachable
from systems.desk.model import Transient
from tests.support.chaos import wait_for
from tests.support.links import HeldLink, link_to
from tests.support.postgres import schema
from tests.support.stores import TICKET, Ground, opened

ANSWER_S = 0.5
"""So long the store behind the link waits for an answer; who reaches the database without it has all the time."""


@dataclass
class CutOff:
    """A store behind a link, and one that reaches the same database without it."""

    store: Store
    link: HeldLink
    direct: Store
    url: str


@pytest.fixture
def cut_off(postgresql: sa.URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[CutOff]:
    with schema(postgresql) as url, link_to("127.0.0.1", postgresql.port or 0) as link:
        ground = Ground(url, [])
        direct = ground.create("atomic")
        behind = url.replace(f":{postgresql.port}/", f":{link.port}/")
        with monkeypatch.context() as patched:
            patched.setattr("systems.desk.live.postgresql.STORE_ANSWER_S", ANSWER_S)
            ground.stores.append(Store(behind, "atomic"))
        store = ground.stores[-1]
        opened(store)
        yield CutOff(store, link, direct, behind)
        for one in ground.stores:
            one.close()


def test_what_is_held_goes_on_when_it_is_over(cut_off: CutOff) -> None:
    with closing(Store(cut_off.url, "atomic")) as patient, ThreadPoolExecutor(1) as pool:
        assert patient.read(1) is not None
        cut_off.link.cut("hold")
        reading = pool.submit(patient.read, 1)
        wait_for(lambda: any(one.waiting for one in cut_off.link.link._open.values()), "the question is held")  # noqa: SLF001
        assert not reading.done()
        cut_off.link.heal()
        found = reading.result(STORE_ANSWER_S)
    assert found is not None
    assert found.state == "open"


@pytest.mark.parametrize("mode", ["hold", "lose"])
def test_an_answer_that_does_not_come_is_given_up_in_time(cut_off: CutOff, mode: NetworkMode) -> None:
    cut_off.link.cut(mode)
    since = time.monotonic()
    with pytest.raises(StoreUnreachable, match=f"the server did not answer within {ANSWER_S} s"):
        cut_off.store.read(1)
    assert time.monotonic() - since >= ANSWER_S
    cut_off.link.heal()
    assert cut_off.store.read(1) is not None


def test_who_connects_into_a_hold_gives_up_in_time(cut_off: CutOff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "STORE_CONNECT_S", 2.0)  # libpq's least
    cut_off.link.cut("hold")
    with closing(Store(cut_off.url, "atomic")) as fresh:
        with pytest.raises(StoreUnreachable, match="timeout"):
            fresh.read(1)
        cut_off.link.heal()
        assert fresh.read(1) is not None


@pytest.mark.parametrize("mode", ["reset", "refuse"])
def test_a_broken_connection_is_transient_and_another_is_made(cut_off: CutOff, mode: NetworkMode) -> None:
    cut_off.link.cut(mode)
    with pytest.raises(Transient):
        cut_off.store.read(1)
    cut_off.link.heal()
    assert cut_off.store.read(1) is not None


def test_a_write_whose_answer_is_lost_has_come_through_all_the_same(cut_off: CutOff) -> None:
    sa.event.listen(cut_off.store._writes, "commit", lambda _: cut_off.link.cut("lose", "down"))  # noqa: SLF001
    with pytest.raises(StoreUnreachable):
        cut_off.store.pause(1)
    assert cut_off.direct.is_pause_wanted(1)


@contextmanager
def engine_on(cut_off: CutOff, lock_s: float, idle_s: float, answer_s: float) -> Iterator[sa.Engine]:
    """Connect behind the link with limits of one's own; all connections are closed again, also after a failure."""
    engine = postgresql.connect(cut_off.url, lock_s, idle_s, answer_s)
    try:
        yield engine
    finally:
        engine.dispose()


def test_a_transaction_that_was_cut_off_gives_its_locks_back(cut_off: CutOff) -> None:
    with engine_on(cut_off, lock_s=30, idle_s=0.3, answer_s=ANSWER_S) as engine, engine.connect() as connection:
        connection.exec_driver_sql("UPDATE tickets SET version = version")
        cut_off.link.cut("lose")
        assert cut_off.direct.hand_over(TICKET.number, "", "other", "a.1")
        with pytest.raises(sa.exc.DBAPIError) as left:
            connection.exec_driver_sql("SELECT 1")
    assert dialect.is_lost(left.value)


def test_an_outage_may_hold_its_lock_for_longer_than_a_transaction_may_stand_still(cut_off: CutOff) -> None:
    with (
        engine_on(cut_off, lock_s=30, idle_s=0.1, answer_s=60) as holding,
        engine_on(cut_off, lock_s=0.5, idle_s=30, answer_s=60) as waiting,
        dialect.held(holding),
        waiting.connect() as connection,
        pytest.raises(sa.exc.OperationalError, match="lock timeout"),
    ):
        connection.exec_driver_sql("UPDATE tickets SET version = version")
