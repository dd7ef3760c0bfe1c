"""Progress for the person who waits, from what a run says of itself: one live line, or plain lines in a log."""

import os
import shutil
import time
from collections.abc import Callable
from typing import TextIO

PLAIN_EVERY_S = 5.0
LIVE_EVERY_S = 0.1


class Progress:
    """Shows phases and counts on a stream; on a terminal as one line that is written anew, else as a line now and then.

    A stream that can no longer be written to is left alone: progress never ends a run.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream: TextIO | None = stream
        self._clock = clock
        self._is_live = _is_terminal(stream)
        self._began = clock()
        self._place = ""
        self._counts = ""
        self._shown_at: float | None = None

    def phase(self, system: str, repetition: int, repetitions: int, name: str) -> None:
        """Say that a system's repetition enters the phase `name`."""
        which = "" if repetitions == 1 else f" {repetition}/{repetitions}"
        self._place = f"{system}{which}: {name}"
        if name != "settle":
            self._counts = ""
        self._show()

    def update(self, *, finished: int, submitted: int, total: int, landed: int, planned: int, in_flight: int) -> None:
        """Say how far the load has come; may be called as often as one likes."""
        self._counts = f"{finished}/{total} tickets at their end, {submitted} sent, {in_flight} in flight"
        if planned:
            self._counts += f", {landed}/{planned} faults landed"
        now = self._clock()
        if self._shown_at is None or now - self._shown_at >= (LIVE_EVERY_S if self._is_live else PLAIN_EVERY_S):
            self._show()

    def done(self) -> None:
        """Clear the live line, so that what comes next stands alone."""
        if self._is_live and self._shown_at is not None:
            self._write("\r\x1b[K")
        self._shown_at = None

    def _show(self) -> None:
        self._shown_at = self._clock()
        line = f"{self._place}, {self._counts}" if self._counts else self._place
        stamped = f"[{self._shown_at - self._began:4.0f} s] {line}"
        if self._is_live:
            room = shutil.get_terminal_size().columns - 1
            self._write(f"\r\x1b[K{stamped[:room]}")
        else:
            self._write(f"{stamped}\n")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"
