"""A worker's line to the supervisor: its life line, its word that it is ready, and where it waits at points."""

import os
import socket
import threading
from typing import Self

import msgspec

# A fault whose other side never comes must not hold a ticket for good: the fault is missed then.
POINT_DEADLINE_S = 5.0


class ChannelReport(msgspec.Struct, tag_field="say", frozen=True, omit_defaults=True):
    """What a child says, a JSON line each."""


class ReadyReport(ChannelReport, tag="ready", frozen=True):
    """It serves, on a port of its own where it has one."""

    port: int | None = None


class PointReport(ChannelReport, tag="point", frozen=True):
    """A thread of it waits at a point, within an attempt."""

    point: str
    attempt: str


class Release(msgspec.Struct, frozen=True):
    """What the supervisor says: the point whose thread goes on."""

    release: str = ""


# Why a socket, and not a signal or a pid that is looked at: a socket closes however the other side ends, by a kill too,
# and closing it is the one word that cannot be lost, come late or reach the wrong process. So the same line carries
# both: whatever a worker has to say, and that there is still a supervisor to say it to. A thread of its own reads it,
# as all the others may be inside a step, and leaves without unwinding: what a worker had in flight is to be lost as a
# kill loses it, and a thread that hangs must not keep it. The parent-death signal does the same where there is one;
# this holds everywhere.
class Channel:
    """Speaks JSON lines over an inherited socket; without one (a bare script) it is inert."""

    def __init__(self, line: socket.socket | None) -> None:
        self._line = line
        self._writing = threading.Lock()
        self._waiting: dict[str, threading.Event] = {}
        if line is not None:
            threading.Thread(target=self._listen, name="life-line", daemon=True).start()

    @classmethod
    def from_environment(cls) -> Self:
        """Take the socket that `CHAOS_CHANNEL` names, if any."""
        fd = os.environ.get("CHAOS_CHANNEL")
        return cls(None if fd is None else socket.socket(fileno=int(fd)))

    def ready(self, port: int | None = None) -> None:
        """Say that this process serves, on `port` where it chose one by itself."""
        self._say(ReadyReport(port))

    def reach(self, point: str, attempt: str, deadline_s: float = POINT_DEADLINE_S) -> bool:
        """Report a point and block this thread until it is released; False when the deadline passed first."""
        if self._line is None:
            return False
        # Entered before it is reported: the release may be here before this thread goes on.
        released = self._waiting[point] = threading.Event()
        self._say(PointReport(point, attempt))
        return released.wait(deadline_s)

    def _say(self, message: ChannelReport) -> None:
        if self._line is not None:
            with self._writing:
                self._line.sendall(msgspec.json.encode(message) + b"\n")

    def _listen(self) -> None:
        assert self._line is not None  # noqa: S101 - only then is there a thread
        try:
            for line in self._line.makefile("rb"):
                released = self._waiting.get(msgspec.json.decode(line, type=Release).release)
                if released is not None:
                    released.set()
        finally:  # also after a line that was cut by the supervisor's death
            os._exit(2)  # the supervisor is gone: no process of its may be left behind
