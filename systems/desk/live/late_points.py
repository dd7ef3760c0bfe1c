"""Points that are added while workers run: a file that grows, of which every worker reads what is new."""

import threading
from pathlib import Path

import msgspec

from systems.desk.points import LatePoint

_decoder = msgspec.json.Decoder(LatePoint)


# Why a file, and not a word on the channel: a worker that starts later, in the place of one that died, must know the
# same points, and what a file holds no death takes back. Each look costs one stat(2), and only where there is a file to
# look at.
class LatePoints:
    """The lines of a file that were not read yet; safe for a worker's threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._lock = threading.Lock()

    def read(self) -> list[LatePoint]:
        """Return the points that were added since the last look; only whole lines count."""
        with self._lock:
            try:
                if self._path.stat().st_size == self._offset:
                    return []
                with self._path.open("rb") as file:
                    file.seek(self._offset)
                    chunk = file.read()
            except FileNotFoundError:
                return []
            whole = chunk[: chunk.rfind(b"\n") + 1]
            self._offset += len(whole)
            return [_decoder.decode(line) for line in whole.splitlines()]
