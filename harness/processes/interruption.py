"""What asks this process to end early: Ctrl-C, a runner's SIGTERM, a terminal that is gone."""

import atexit
import signal
from collections.abc import Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import asyncio

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


# Why it is heard once: what follows it undoes faults, ends processes and writes down how far a run came, and signals
# come in pairs (an impatient second Ctrl-C; a terminal that closes and the shell that passes it on). A second
# KeyboardInterrupt in the midst of that would leave a record which says less than is known.
class Interruption:
    """A context, entered in the main thread, in which each of SIGNALS raises KeyboardInterrupt; `run` cancels instead.

    Once one was heard the others are passed over, until `rearm`. What the program was started to ignore (`nohup`, a
    job in the background) it ignores still.
    """

    def __init__(self) -> None:
        self.is_heard = self._was_heard = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None) -> None:
        if (
            self._was_heard
        ):  # what is around this one is leaving too, and a second signal would cut its last words short
            for around in {getattr(before, "__self__", None) for before in self._before.values()}:
                if isinstance(around, Interruption):
                    around.disarm()
        for number, before in self._before.items():
            signal.signal(number, before)

    def listen(self) -> None:
        """Hear what comes from now on; outside of a context, until the process is gone."""
        for number in SIGNALS:
            # SIGTERM in any case: a time limit comes as one.
            if number == signal.SIGTERM or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._hear)

    def rearm(self) -> None:
        """Hear the next one: what is under way now may be interrupted, too."""
        self.is_heard = False

    def disarm(self) -> None:
        """Pass over whatever comes: there is nothing left to interrupt."""
        self.is_heard = True

    def run(self, body: Coroutine[Any, Any, None]) -> None:
        """Run a loop whose body an interruption cancels; raises KeyboardInterrupt once all of it has ended."""
        import asyncio  # noqa: PLC0415 - only a command that runs a loop pays for it

        try:
            asyncio.run(self._cancellable(body))
        except asyncio.CancelledError:
            if not self.is_heard:
                raise
        finally:
            self._loop = self._task = None
        if self.is_heard:
            raise KeyboardInterrupt

    async def _cancellable(self, body: Coroutine[Any, Any, None]) -> None:
        import asyncio  # noqa: PLC0415 - as above

        self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        await body

    def _hear(self, *_: object) -> None:
        if self.is_heard:
            return
        self.is_heard = self._was_heard = True
        if self._loop is None or self._task is None:
            raise KeyboardInterrupt
        self._task.cancel()  # nothing to one that is done: the loop is only being closed
        self._loop.call_soon_threadsafe(lambda: None)  # or it would wait on for what it waits for


def deaf_at_exit() -> None:
    """Have the interpreter pass over SIGNALS as it ends, however often this is asked for.

    By then it puts the default in place of every handler but "ignore", and a late signal would end the process before
    it has said its exit code.
    """
    atexit.unregister(_ignore)
    atexit.register(_ignore)


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
