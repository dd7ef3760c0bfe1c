"""The program, called in this process as its command line calls it, and watched: its time, its streams, its writes."""

import faulthandler
import io
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

LONGEST_S = 2.0
"""What a command may take, of this process's own CPU time: another program's load is no fault of an input's."""
BLOCKED_S = 10.0
"""What it may take by the clock: one that waits for what never comes uses no CPU."""
STUCK_S = 30.0
"""After which the whole process ends with its stacks, for a hang in which Python runs no signal's handler."""
TRACEBACK = ("Traceback (most recent call last)", "the harness itself broke")


class Hung(BaseException):
    """A command took too long; no `except Exception` of the program's catches it."""


@dataclass(frozen=True)
class Ran:
    """What a command printed and exited with."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float

    @property
    def has_traceback(self) -> bool:
        """Say whether it showed one, or broke."""
        return any(sign in self.err or sign in self.out for sign in TRACEBACK)


def called(*args: str) -> Ran:
    """Call the program; raises Hung."""
    from harness.__main__ import main  # noqa: PLC0415 - once the watch is set

    streams = sys.stdout, sys.stderr, sys.argv
    out, err = _stream(), _stream()
    sys.stdout, sys.stderr, sys.argv = out, err, ["chaos", *args]
    began = time.process_time()
    code: object = 0
    try:
        with _limited():
            main()
    except SystemExit as left:
        code = left.code
    finally:
        sys.stdout, sys.stderr, sys.argv = streams
    return Ran(args, code if isinstance(code, int) else 0, _text(out), _text(err), time.process_time() - began)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "replace")


@contextmanager
def _limited() -> Iterator[None]:
    signal.signal(signal.SIGPROF, _hung)
    signal.signal(signal.SIGALRM, _hung)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
    signal.setitimer(signal.ITIMER_REAL, BLOCKED_S)
    faulthandler.dump_traceback_later(STUCK_S, exit=True, file=sys.__stderr__ or 2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


def _hung(_number: int, frame: FrameType | None) -> None:
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "nowhere"
    raise Hung(f"a command took more than {LONGEST_S:g} s, and was at {where}")


CHANGES = frozenset(
    {
        *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown"),
        *("os.truncate", "os.utime", "os.mkfifo", "os.mknod", "os.setxattr", "shutil.rmtree", "shutil.copyfile"),
    }
)
STARTS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.bind"}
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """What a process changes outside its sandbox, and what it starts: by Python's own audit of its calls."""

    def __init__(self, sandbox: Path) -> None:
        self._sandbox = sandbox.resolve()
        self._seen: list[str] = []
        self._is_on = False
        sys.addaudithook(self._audit)

    @contextmanager
    def on(self) -> Iterator[list[str]]:
        """Watch until the end of the block; the list then says what was done."""
        self._seen = []
        self._is_on = True
        try:
            yield self._seen
        finally:
            self._is_on = False

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        if event in STARTS:
            self._seen.append(f"{event} {args[:2]!r}")
        elif event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITES):
            path = args[0]
            if isinstance(path, str | bytes | os.PathLike) and not self._is_allowed(os.fsdecode(path)):
                self._seen.append(f"{event} {os.fsdecode(path)}")

    def _is_allowed(self, path: str) -> bool:
        return path == os.devnull or Path(os.path.realpath(path)).is_relative_to(self._sandbox)


def snapshot(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return what is in a folder and below: kind, size, inode and time of each, but for SQLite's index of a log."""
    found: dict[str, tuple[int, ...]] = {}
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            # The index is made anew by whoever reads a store with a log, and holds no record.
            if not name.endswith("-shm"):
                path = f"{place}/{name}"
                now = os.lstat(path)
                is_file = name in names
                found[path] = (now.st_mode, now.st_ino, *((now.st_size, now.st_mtime_ns) if is_file else ()))
    return found
