"""Workers of the service as real processes on one socket: who takes a connection, and how they leave."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from urllib3.connection import HTTPConnection

from systems import start
from systems.desk.live.store import Store
from systems.desk.records import AttemptStarted, RequestClosed, RequestOpened
from tests.support.chaos import wait_for
from tests.support.desks import Child, Receiver, child, config, journaled, url, write_worker

HOLDER = 99


@dataclass
class House:
    """A listening socket, the workers on it, and a client that sends now and reads later."""

    folder: Path
    listening: socket.socket
    store: Store
    sent: list[HTTPConnection] = field(default_factory=list)

    @contextmanager
    def worker(self, index: int) -> Iterator[Child]:
        argv = start.command("systems.sync.worker", str(self.folder / "worker.json"), str(index))
        with child(self.folder / f"worker-{index}.log", *argv[1:], listens=self.listening) as one:
            assert one.hear() == {"say": "ready"}
            yield one

    def send(self, ticket: str, priority: str = "medium") -> HTTPConnection:
        connection = HTTPConnection(*self.listening.getsockname(), timeout=30)
        self.sent.append(connection)
        body = json.dumps({"ticket": ticket, "priority": priority}).encode()
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request("POST", "/tickets", body=body, headers=headers)
        return connection

    def walking(self) -> list[tuple[int, str]]:
        """The tickets whose requests were taken, each with the process that did."""
        opened = [one for one in journaled(self.folder) if isinstance(one, RequestOpened)]
        return [(one.ticket, one.request.partition(".")[0]) for one in opened]

    def asked(self, ticket: int) -> bool:
        """Say whether a ticket's walk came to ask for its agent."""
        return any(isinstance(one, AttemptStarted) and one.ticket == ticket for one in journaled(self.folder))

    def free_agent(self) -> None:
        assert self.store.release_agent(HOLDER, "holder.2") == "R-001"


@contextmanager
def house(folder: Path, outside: Receiver, **settings: Any) -> Iterator[House]:
    """Make a house whose only agent is held, so that every walk of a medium ticket waits."""
    write_worker(folder, outside.url, config(regular=1), **settings)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        store = Store(url(folder), "atomic")
        store.take_agent(HOLDER, "regular", "holder.1")
        made = House(folder, listening, store)
        try:
            yield made
        finally:
            for connection in made.sent:
                connection.close()
            store.close()


def answer(connection: HTTPConnection) -> tuple[int, str]:
    response = connection.getresponse()
    body = response.json()
    return response.status, body["state"]


def test_a_process_takes_a_connection_only_while_it_has_a_free_thread(tmp_path: Path, outside: Receiver) -> None:
    with house(tmp_path, outside, threads=1) as one, one.worker(0):
        first = one.send("T-0001")
        wait_for(lambda: one.asked(1), "the first is walked")
        second = one.send("T-0002")
        third = one.send("T-0003")
        with one.worker(1):
            wait_for(lambda: one.asked(2), "another process takes the second")
            (_, walker), (_, other) = one.walking()
            assert walker != other
            one.free_agent()
            assert [answer(sent) for sent in (first, second, third)] == [(200, "resolved")] * 3
    assert [ticket for ticket, _ in one.walking()] == [1, 2, 3]


def test_a_connection_beyond_the_threads_waits_and_is_served_later(tmp_path: Path, outside: Receiver) -> None:
    with house(tmp_path, outside, threads=2) as one, one.worker(0):
        sent = [one.send(f"T-000{number}") for number in (1, 2, 3)]
        wait_for(lambda: one.asked(1) and one.asked(2), "two are walked")
        one.free_agent()
        assert [answer(connection) for connection in sent] == [(200, "resolved")] * 3
    records = [one for one in journaled(tmp_path) if isinstance(one, RequestOpened | RequestClosed)]
    assert [type(record) for record in records[:3]] == [RequestOpened, RequestOpened, RequestClosed]
    assert "WARNING" not in (tmp_path / "worker-0.log").read_text()


def test_a_connection_made_while_nobody_serves_is_served_by_the_next_worker_which_leaves_at_once_when_idle(
    tmp_path: Path, outside: Receiver
) -> None:
    with house(tmp_path, outside, grace_s=60) as one:
        early = one.send("T-0001", "low")
        with one.worker(0) as leaving:
            assert answer(early) == (200, "resolved")
            leaving.process.send_signal(signal.SIGTERM)
            assert leaving.process.wait(20) == 0


def test_many_connections_on_a_shared_socket_are_all_served(tmp_path: Path, outside: Receiver) -> None:
    with house(tmp_path, outside, threads=2) as one, one.worker(0), one.worker(1):
        one.free_agent()
        sent = [one.send(f"T-{number:04d}", "low") for number in range(1, 21)]
        assert [answer(connection) for connection in sent] == [(200, "resolved")] * 20
    assert sorted(ticket for ticket, _ in one.walking()) == list(range(1, 21))


def test_told_to_leave_it_finishes_what_is_in_flight_and_leaves_the_rest_to_others(
    tmp_path: Path, outside: Receiver
) -> None:
    with house(tmp_path, outside, threads=2, grace_s=30) as one, one.worker(0) as leaving:
        in_flight = one.send("T-0001")
        wait_for(lambda: one.asked(1), "it is walked")
        leaving.process.send_signal(signal.SIGTERM)
        # It learns of the signal in its own time: until it has, it may take one more connection per free thread.
        late = one.send("T-0002")
        one.free_agent()
        assert answer(in_flight) == (200, "resolved")
        assert leaving.process.wait(20) == 0
        with one.worker(1):
            assert answer(late) == (200, "resolved")


def test_what_outlives_the_grace_is_cut_and_said(tmp_path: Path, outside: Receiver) -> None:
    with house(tmp_path, outside, grace_s=0.2) as one, one.worker(0) as leaving:
        in_flight = one.send("T-0001")
        wait_for(lambda: one.asked(1), "it is walked")
        leaving.process.send_signal(signal.SIGTERM)
        assert leaving.process.wait(20) == 1
        with pytest.raises((urllib3.exceptions.HTTPError, OSError)):
            answer(in_flight)


def test_what_a_killed_process_had_in_flight_dies_and_is_walked_again_when_resubmitted(
    tmp_path: Path, outside: Receiver
) -> None:
    with house(tmp_path, outside) as one, one.worker(0) as victim:
        in_flight = one.send("T-0001")
        wait_for(lambda: one.asked(1), "it is walked")
        victim.process.kill()
        victim.process.wait()
        with pytest.raises((urllib3.exceptions.HTTPError, OSError)):
            answer(in_flight)
        with one.worker(1):
            one.free_agent()
            assert answer(one.send("T-0001")) == (200, "resolved")
    assert len({walker for _, walker in one.walking()}) == 2


def test_it_leaves_when_its_life_line_closes(tmp_path: Path, outside: Receiver) -> None:
    with house(tmp_path, outside) as one, one.worker(0) as orphan:
        orphan.line.close()
        assert orphan.process.wait(10) == 2
