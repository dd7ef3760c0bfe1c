"""The spool's worker: walks every ticket that waits in the folder, from where the store says that it stands."""

import itertools
import logging
import os
import signal
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import msgspec

from systems.desk import records
from systems.desk.live.workplace import Workplace
from systems.desk.model import TERMINAL, Priority, Ticket
from systems.sync.flow import Flow
from tests.support.spool.settings import SpoolSettings

log = logging.getLogger(__name__)


class Worker:
    """Looks into the folder until it is told to leave; then finishes what it walks, within the grace."""

    def __init__(self, work: Workplace, settings: SpoolSettings) -> None:
        self._work = work
        self._waiting, self._failed = Path(work.spec.extra["waiting"]), Path(work.spec.extra["failed"])
        self._poll_s = settings.poll
        self._pool = ThreadPoolExecutor(settings.threads)
        self._taken: dict[str, Future[None]] = {}
        self._numbers = itertools.count(1)
        self._leaving = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: self._leaving.set())

    def run(self) -> int:
        """Walk what comes; return the exit code: 0 after a clean drain, 1 when the grace ran out."""
        while not self._leaving.is_set():
            self._taken = {name: walk for name, walk in self._taken.items() if not walk.done()}
            for file in sorted(self._waiting.iterdir()):
                if file.name not in self._taken:
                    self._taken[file.name] = self._pool.submit(self._walk, file)
            self._leaving.wait(self._poll_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return 1 if wait(self._taken.values(), self._work.spec.grace_s).not_done else 0

    def _walk(self, file: Path) -> None:
        """Walk a ticket as one request; its file goes when it has ended, and is put aside when it cannot end."""
        if not file.exists():  # it ended between two looks
            return
        number, priority = file.name.split(".")
        ticket = Ticket(int(number), Priority(priority))
        request = f"{self._work.proc}.r{next(self._numbers)}"
        self._work.journal.write(records.RequestOpened, request=request, ticket=ticket.number)
        try:
            state, status = self._end(ticket, request), 200
        except Exception:
            log.exception("the walk of %s broke", ticket.id)
            state, status = "failed", 500
        if state in TERMINAL:
            file.unlink()
        else:
            file.rename(self._failed / file.name)
        self._work.journal.write(
            records.RequestClosed, request=request, ticket=ticket.number, state=state, status=status
        )

    def _end(self, ticket: Ticket, request: str) -> str:
        """Walk the ticket to its end, past what is recorded already."""
        desk = self._work.desk
        desk.open(ticket)
        seen = desk.store.read(ticket.number)
        assert seen is not None
        if seen.state in TERMINAL:
            return seen.state
        return Flow(desk, self._work.spec.desk, ticket, request, 0, seen.entries()).run().value


def main() -> None:
    """Run as a process of its own, with the arguments SPEC INDEX."""
    work = Workplace.open(Path(sys.argv[1]), int(sys.argv[2]))
    worker = Worker(work, msgspec.convert(work.spec.settings, SpoolSettings))
    work.channel.ready()
    os._exit(worker.run())  # threads that outlived the grace must not hold the process
