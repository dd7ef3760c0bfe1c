"""Heartbeats of every running activity of a process, from one thread of its own.

A step that waits for a free thread, for the receiver or for a lock of the store cannot beat by itself meanwhile, and
would be taken for dead although it is merely slow. This thread goes on beside it, from the moment its task arrives, and
stands still with its process: who is dead or stopped is found by the heartbeat that is missing, who hangs in a live
process by its start-to-close.
"""

import contextvars
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

BEATS = 4
"""How many beats are due within one heartbeat time-out. What ends before the first is due costs none: most steps do."""
log = logging.getLogger(__name__)


class Heartbeats(Interceptor):
    """Beats for the activities of a process's workers; without a time-out nobody listens, and nobody beats."""

    def __init__(self, timeout_s: float | None) -> None:
        super().__init__()
        self._timeout_s = timeout_s
        self._running: dict[int, tuple[float, contextvars.Context]] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        if timeout_s is not None:
            threading.Thread(target=self._run, args=(timeout_s / BEATS,), name="heartbeats", daemon=True).start()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        """Put the beats around every activity."""
        return _Beating(next, self)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Beat for the activity of this context as long as the block lasts."""
        if self._timeout_s is None:
            yield
            return
        number = next(self._numbers)
        with self._lock:
            self._running[number] = (time.monotonic(), contextvars.copy_context())
        try:
            yield
        finally:
            with self._lock:
                del self._running[number]

    def _run(self, every_s: float) -> None:
        pause = threading.Event()
        while not pause.wait(every_s):
            with self._lock:
                old_enough = time.monotonic() - every_s
                running = [context for began, context in self._running.values() if began <= old_enough]
            for context in running:
                self._beat(context)

    def _beat(self, context: contextvars.Context) -> None:
        try:
            context.run(activity.heartbeat)
        except Exception as error:  # noqa: BLE001 - the others' beats must go on, whatever this one's came to
            log.warning("a heartbeat was not sent: %r", error)


class _Beating(ActivityInboundInterceptor):
    """An activity's way in, beside which its heartbeats go on."""

    def __init__(self, after: ActivityInboundInterceptor, heartbeats: Heartbeats) -> None:
        super().__init__(after)
        self._heartbeats = heartbeats

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's
        with self._heartbeats.going_on():
            return await super().execute_activity(input)
