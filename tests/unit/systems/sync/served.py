"""A service that is served in the test's own process, with somebody else's look at its database."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from systems.desk.config import Locking
from systems.desk.live.store import Store
from systems.desk.live.workplace import Workplace
from systems.desk.points import PointSpec
from systems.desk.records import AttemptStarted
from systems.sync.service import DeskService, application
from systems.sync.settings import SyncSettings
from tests.support.chaos import wait_for
from tests.support.desks import Receiver, config, journaled, url, write_worker

LOW = {"ticket": "T-0001", "priority": "low"}
MEDIUM = {"ticket": "T-0001", "priority": "medium"}
BY_DEFAULT = SyncSettings()
HOLDER = 99
"""The ticket that holds the only agent, where a walk is to wait."""


@dataclass(frozen=True)
class Service:
    """A service and its client; `store` is somebody else's look at its database."""

    folder: Path
    client: FlaskClient
    store: Store

    def post(self, body: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.post("/tickets", json=body)
        return answer.status_code, answer.get_json()

    def attempts(self) -> int:
        return sum(isinstance(one, AttemptStarted) for one in journaled(self.folder))

    @contextmanager
    def no_agent_free(self) -> Iterator[None]:
        """Hold the only agent, so that a walk that needs one waits."""
        assert self.store.take_agent(HOLDER, "regular", "holder.1") == "R-001"
        try:
            yield
        finally:
            self.store.release_agent(HOLDER, "holder.2")

    def post_beside(self, pool: ThreadPoolExecutor, body: Any) -> "Future[tuple[int, dict[str, Any]]]":
        """Post from another thread, and wait until the walk waits for its agent."""
        attempts = self.attempts()
        answer = pool.submit(lambda: Service(self.folder, self.client.application.test_client(), self.store).post(body))
        wait_for(lambda: self.attempts() > attempts or answer.done(), "it walks, or is answered")
        return answer


@contextmanager
def serving(
    folder: Path,
    outside: Receiver | None,
    *points: PointSpec,
    locking: Locking = "atomic",
    settings: SyncSettings = BY_DEFAULT,
) -> Iterator[Service]:
    """Serve in this process; without an outside, tickets that send nothing."""
    spec = write_worker(
        folder, outside.url if outside else "http://127.0.0.1:9", config(locking=locking, regular=1), *points
    )
    work = Workplace.open(spec, 0)
    watcher = Store(url(folder), locking)
    desk = DeskService(work, settings)
    renewal = desk.renewal()
    if renewal is not None:
        renewal.start()
    try:
        yield Service(folder, application(desk).test_client(), watcher)
    finally:
        if renewal is not None:
            renewal.stop()
        work.desk.store.close()
        work.journal.close()
        watcher.close()
