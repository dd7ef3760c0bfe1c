"""Heartbeats of every running activity of a process, from one thread of its own.

A step that waits for a free thread, for the receiver or for a lock of the store cannot beat by itself meanwhile, and
would be taken for dead although it is merely slow. This thread goes on beside it, from the moment its task arrives, and
stands still with its process: a worker that is dead or stopped is found by the heartbeat that is missing, a step that
hangs in a live process by its start-to-close.
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


# Why one thread, and why a copy of each context: the SDK sends a heartbeat for the activity in whose context it is
# asked to, and while an activity waits for a thread, or inside of a call, no code of it runs that could ask. So every
# activity leaves a copy of its context as its task arrives, and one thread of the process enters each copy in turn. A
# thread for each activity would double the threads of a worker, and a task on the event loop would stop beating as soon
# as anything held the loop: a live process would look dead.
class Heartbeats(Interceptor):
    """Beats for the activities of a process's workers; without a time-out none is awaited, and none is sent."""

    def __init__(self, timeout_s: float | None) -> None:
        super().__init__()
        self._timeout_s = timeout_s
        self._running: dict[int, tuple[float, contextvars.Context]] = {}
        self._lock = threading.Lock()
        self._has_any = threading.Event()
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
            self._has_any.set()
        try:
            yield
        finally:
            with self._lock:
                del self._running[number]
                if not self._running:
                    self._has_any.clear()

    def _run(self, every_s: float) -> None:
        while True:
            self._has_any.wait()  # where nothing runs nobody looks: a worker that waits costs nothing
            time.sleep(every_s)
            with self._lock:
                old_enough = time.monotonic() - every_s
                running = [context for began, context in self._running.values() if began <= old_enough]
            # Outside of the lock: sending must not hold up an activity that begins or ends.
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
