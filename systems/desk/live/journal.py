"""A journal: what one process writes down of its own acts, each record before the act it tells of."""

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec

import msgspec

from systems.desk.live.identity import boot_id, own_proc
from systems.desk.records import Opened, Record

Fields = ParamSpec("Fields")

CLOSED = -1
"""No file: its number may by then be another file's."""


def journal_bytes(folder: Path, proc: str) -> int | None:
    """Return how large the journal of a process is at this moment; None where it has none."""
    sizes = [path.stat().st_size for path in folder.glob(f"*-{proc}.jsonl")]
    return sum(sizes) if sizes else None


# Why every process writes its own file, and writes before it begins: what is judged is what processes did until they
# were killed, so the record of a beginning must have left the process before anything that follows from it can be seen
# outside, and it must not depend on another process (a collector, a queue), which a fault may hit as well. One write(2)
# of a whole line does that: the kernel has it, however the process ends. The price is that a record may tell of an
# attempt that never came to anything; an effect of an attempt that no record tells of cannot be. Files of several
# processes are merged later by `t`, one clock for the host, and as the numbers have no gaps, a record that was lost is
# noticed.
class Journal:
    """An append-only file of one process; records are numbered without gaps and written whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._encoder = msgspec.json.Encoder()
        self._lock = threading.Lock()
        self._seq = 0

    @classmethod
    def open(cls, folder: Path, role: str, index: int, label: str, release: str = "") -> "Journal":
        """Begin the journal of this process in `folder`, with its `Opened` record."""
        proc = own_proc()
        journal = cls(folder / f"{role}-{index}-{proc}.jsonl")
        journal.write(
            Opened, wall=time.time_ns(), proc=proc, role=role, index=index, label=label, boot=boot_id(), release=release
        )
        return journal

    def write(
        self, kind: Callable[Concatenate[int, int, Fields], Record], *args: Fields.args, **fields: Fields.kwargs
    ) -> None:
        """Append one record of `kind`, whose fields after `seq` and `t` the caller gives; these two are set here.

        Raises OSError where the disk refuses, so that no act goes unrecorded. There is no fsync: the page cache
        survives the death of the process, which is all that a kill is.
        """
        # Number, time and write are one step under the lock: a reader takes a gap for a loss, and the file's order for
        # that of time.
        with self._lock:
            line = self._encoder.encode(kind(self._seq, time.monotonic_ns(), *args, **fields)) + b"\n"
            if self._written(line) != len(line):
                raise OSError(errno.ENOSPC, "the disk is full, a record was cut", str(self.path))
            self._seq += 1

    def _written(self, line: bytes) -> int:
        try:
            return os.write(self._fd, line)
        except OSError as error:
            error.filename = str(self.path)  # a number alone says what, but not where
            raise

    def close(self) -> None:
        """Close the file, once; a write after that raises OSError."""
        with self._lock:
            fd, self._fd = self._fd, CLOSED
        if fd != CLOSED:
            os.close(fd)
