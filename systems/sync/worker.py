"""A worker of the synchronous service: the WSGI app on waitress, on the listening socket that all workers share."""

import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import stamina.instrumentation
import waitress

from systems.desk.live.workplace import Workplace
from systems.sync.service import DeskService, application
from systems.sync.settings import SyncSettings

OWN_SOCKETS = 2
"""What waitress counts besides connections: the listening socket and its trigger."""
LOOP_S = 1.0
"""How often waitress looks up where nothing comes, by default as well: what comes wakes it."""
LEAVING_LOOP_S = 0.05


class Worker:
    """Serves until told to leave; then takes no more connections, and finishes what is in flight within the grace."""

    def __init__(self, server: Any, grace_s: float) -> None:
        self._server = server
        self._grace_s = grace_s
        self._leaves_at: float | None = None
        signal.signal(signal.SIGTERM, self._leave)

    def run(self) -> int:
        """Serve; return the exit code: 0 after a clean drain, 1 when the grace ran out."""
        while not self._is_done():
            timeout_s = LOOP_S if self._leaves_at is None else LEAVING_LOOP_S
            self._server.asyncore.loop(timeout=timeout_s, map=self._server._map, count=1)  # noqa: SLF001
        return 1 if self._connections() else 0

    def _leave(self, *_: object) -> None:
        # waitress asks before each round: what waits in the shared backlog is left to the other workers.
        self._server.accepting = False
        self._leaves_at = time.monotonic() + self._grace_s
        self._server.pull_trigger()  # it may be waiting for something to come

    def _is_done(self) -> bool:
        if self._leaves_at is None:
            return False
        return not self._connections() or time.monotonic() > self._leaves_at

    def _connections(self) -> int:
        return len(self._server._map) - OWN_SOCKETS  # noqa: SLF001


def main() -> None:
    """Run as a process of its own, with the arguments SPEC INDEX."""
    serve(Workplace.open(Path(sys.argv[1]), int(sys.argv[2])))


def serve(work: Workplace, service: type[DeskService] = DeskService, process: type[Worker] = Worker) -> None:
    """Serve the desk's workplace until told to leave, then end the process; `process` is what serves, and leaves."""
    settings = msgspec.convert(work.spec.settings, SyncSettings)
    logging.getLogger("waitress").setLevel(logging.ERROR)  # a full house is the rule here, not a warning
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stamina.instrumentation.set_on_retry_hooks([])  # the journal tells of every attempt already
    desk = service(work, settings)
    renewal = desk.renewal()
    if renewal is not None:
        renewal.start()
    listening = socket.socket(fileno=int(os.environ["CHAOS_LISTEN"]))
    server = waitress.create_server(
        application(desk),
        sockets=[listening],
        threads=settings.threads,
        # A process takes a connection only while it has a free thread; the others wait in the shared backlog.
        connection_limit=settings.threads + OWN_SOCKETS,
        backlog=4096,
        # Longer than any run: a connection that the service's own clock closed would look like a fault's effect.
        channel_timeout=24 * 3600,
        clear_untrusted_proxy_headers=False,
    )
    worker = process(server, work.spec.grace_s)  # before it is ready: from then on it may be told to leave
    work.channel.ready()
    os._exit(worker.run())  # threads that outlived the grace must not hold the process
