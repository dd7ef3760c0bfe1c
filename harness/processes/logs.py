"""Logs that children write: none grows without end."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

MOST_LOG_BYTES = 16_000_000
KEPT_LOG_BYTES = 4_000_000
"""Of a log that grew too long its beginning is kept, and what comes after the cut: mostly the cause, and the end."""


# Logs are written by the children themselves, as a pipe in between would hold up one that writes much, and lose what a
# killed one said last. So they are looked at from time to time, and cut: they are open for appending, in all of them,
# so the next line follows the cut.
def bound_all(logs: Iterable[Path]) -> None:
    """Cut those that are too long; one that cannot be looked at stays as it is."""
    for log in logs:
        with contextlib.suppress(OSError):
            bound(log)


def bound(log: Path) -> None:
    """Cut a log that is too long, and say so in it."""
    size_bytes = log.stat().st_size
    if size_bytes > MOST_LOG_BYTES:
        os.truncate(log, KEPT_LOG_BYTES)
        with log.open("ab") as file:
            file.write(f"\n[{size_bytes - KEPT_LOG_BYTES} bytes were cut here: too long a log]\n".encode())
