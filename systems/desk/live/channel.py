"""A worker's line to the supervisor: its life line, its word that it is ready, and where it waits at points."""

import json
import os
import socket
import threading
from typing import Any, Self

POINT_DEADLINE_S = 5.0


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

    def ready(self, **more: Any) -> None:
        """Say that this process serves."""
        self._say({"say": "ready", **more})

    def reach(self, point: str, attempt: str, deadline_s: float = POINT_DEADLINE_S) -> bool:
        """Report a point and block this thread until it is released; False when the deadline passed first."""
        if self._line is None:
            return False
        released = self._waiting[point] = threading.Event()
        self._say({"say": "point", "point": point, "attempt": attempt})
        return released.wait(deadline_s)

    def _say(self, message: dict[str, Any]) -> None:
        if self._line is not None:
            with self._writing:
                self._line.sendall(json.dumps(message).encode() + b"\n")

    def _listen(self) -> None:
        assert self._line is not None  # noqa: S101 - only then is there a thread
        try:
            for line in self._line.makefile("rb"):
                released = self._waiting.get(json.loads(line).get("release", ""))
                if released is not None:
                    released.set()
        finally:  # also after a line that was cut by the supervisor's death
            os._exit(2)  # the supervisor is gone: nobody may be left behind
