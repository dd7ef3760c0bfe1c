"""A time limit: what takes longer is ended as SIGTERM would end it."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class TimeLimit:
    """A context, entered in the main thread, after which SIGTERM is raised once `seconds` (None: no limit) are over."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._before: Any = None
        self.is_passed = False

    def __enter__(self) -> Self:
        if self._seconds is not None:
            # A timer of the kernel and not of an event loop: it strikes between two repetitions as well, and where the
            # loop is held up.
            self._before = signal.signal(signal.SIGALRM, self._pass)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None) -> None:
        if self._seconds is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def _pass(self, _number: int, _frame: FrameType | None) -> None:
        self.is_passed = True
        signal.raise_signal(signal.SIGTERM)  # one way to end early, for a limit and a person alike
