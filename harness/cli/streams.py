"""The program's streams: a reader that has enough, or none at all, changes nothing of what it does and exits with."""

import errno
import io
import os
import stat
import sys
from typing import TextIO

from harness.errors import EnvironmentFailure

STDOUT, STDERR = 1, 2
_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.ECONNRESET})
"""What a write comes to when nothing is there that could read it."""


class Steady(io.RawIOBase):
    """A stream that goes on without a reader; `forgives` every error, as progress is not worth a run."""

    def __init__(self, fd: int, *, forgives: bool) -> None:
        self._fd = fd
        self._forgives = forgives
        # Not `isatty`: a terminal that is gone is none.
        self._is_device = stat.S_ISCHR(os.fstat(fd).st_mode)

    def write(self, data: object) -> int:
        """Write, as far as the other end reads."""
        view = memoryview(data)  # type: ignore[arg-type]
        try:
            return os.write(self._fd, view)
        except OSError as error:
            if not self._forgives and not self._is_gone(error):
                raise OSError(error.errno, f"cannot write to stdout: {error.strerror}") from None
            return view.nbytes

    def _is_gone(self, error: OSError) -> bool:
        """Say whether nobody is there to read: a terminal that was closed is an I/O error."""
        return error.errno in _GONE or (self._is_device and error.errno == errno.EIO)

    def writable(self) -> bool:
        """Say that this is written to."""
        return True

    def fileno(self) -> int:
        """Return the file's number."""
        return self._fd

    def isatty(self) -> bool:
        """Say whether a person looks on."""
        return os.isatty(self._fd)


def steady() -> None:
    """Put steady streams in place of this process's own; what it was started without leads nowhere."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(STDOUT, sys.stdout, forgives=False)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(STDERR, sys.stderr, forgives=True)


def _text(fd: int, before: TextIO | None, *, forgives: bool) -> TextIO:
    """Wrap a file's number; a sign that the terminal cannot show is written as an escape."""
    if before is not None:
        before.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(Steady(fd, forgives=forgives)),
        encoding="utf-8" if before is None else before.encoding,
        errors="backslashreplace",
        line_buffering=forgives or os.isatty(fd),
    )


def flushed() -> None:
    """Write what is held back; raises EnvironmentFailure where it cannot be written, though there is a reader."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # or Python tries again as it ends
        raise EnvironmentFailure(str(error.strerror)) from error
    finally:
        sys.stderr.flush()
