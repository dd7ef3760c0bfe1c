"""A stream that is left alone once it broke: that it is not read is no reason to end a run."""

import os
from typing import TextIO

NO_TERMINALS = ("dumb", "unknown")


def is_watched(stream: TextIO) -> bool:
    """Say whether a person may sit before a terminal; some CI services give their jobs one too, for its colours."""
    return stream.isatty() and os.environ.get("TERM") not in NO_TERMINALS and not os.environ.get("CI")


class Guarded:
    """Passes text on to a stream until the first error, then drops it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write, or do nothing."""
        try:
            return self._stream.write(text) if self._stream is not None else len(text)
        except (OSError, ValueError):
            self._stream = None
            return len(text)

    def flush(self) -> None:
        """Flush, or do nothing."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError):
            self._stream = None

    def isatty(self) -> bool:
        """Say whether it is a terminal that still listens."""
        return self._stream is not None and self._stream.isatty()
