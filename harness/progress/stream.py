"""A stream that is left alone once it broke: nobody listening is no reason to end a run."""

from typing import TextIO


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
