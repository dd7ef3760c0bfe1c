"""A run under way, as something happens to it: started on files or on a terminal, and followed to its end."""

import contextlib
import functools
import os
import pty
import random
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.execution import database
from tests.support.chaos import BESIDE, ROOT, chaos_argv, wait_for
from tests.support.remains import Traces
from tests.trust.kills.moments import Moment

ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
END_DEADLINE_S = 60.0
GONE_DEADLINE_S = 5.0
_copying = threading.Lock()


@dataclass
class RunUnderWay:
    """`chaos run` in a process: where its streams go, what belongs to it, and the disk below it, if it has its own."""

    process: subprocess.Popen[bytes]
    out: Path
    errors: Path
    traces: Traces
    chance: random.Random
    terminal: "Terminal | None" = None
    disk: Path | None = None
    left: list[str] = field(default_factory=list)

    def wait_until(self, moment: Moment, label: str) -> bool:
        """Wait for a moment, and a while that chance decides; False where the run ended before."""
        wait_for(lambda: self._has_ended() or moment.is_here(self.out, label), moment.name, END_DEADLINE_S)
        due = time.monotonic() + self.chance.uniform(0.0, moment.lasts_s)
        self.traces.look(self.process.pid)
        wait_for(lambda: self._has_ended() or time.monotonic() >= due, "chance", END_DEADLINE_S)
        return not self._has_ended()

    def _has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> int:
        """Wait until it has ended, and until nothing is left of it or five seconds have passed; return its code."""
        code = self.process.wait(END_DEADLINE_S)
        deadline = time.monotonic() + GONE_DEADLINE_S
        while (left := self.traces.left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.left = left
        return code

    def child(self, module: str) -> psutil.Process:
        """Return the oldest process of it that runs that module, once there is one."""
        running: list[psutil.Process] = wait_for(lambda: self._running(module), f"a process with {module}")
        return min(running, key=psutil.Process.create_time)

    def _running(self, module: str) -> list[psutil.Process]:
        self.traces.look(self.process.pid)
        return [process for process in self.traces.family if _runs(process, module)]


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return module in process.cmdline()
    except psutil.NoSuchProcess:
        return False


class Terminal:
    """A terminal that reads what is shown, until it is closed."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self._is_closing = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        # Never within a read when it is to be closed: what is being read from is not closed.
        while not self._is_closing.is_set():
            with contextlib.suppress(OSError):
                if select.select([self._ours], [], [], 0.02)[0]:
                    os.read(self._ours, 65536)

    def close(self) -> None:
        """Let it be gone, once."""
        if not self._is_closing.is_set():
            self._is_closing.set()
            self._reader.join()
            os.close(self._ours)


@contextlib.contextmanager
def under_way(
    folder: Path, out: Path, arguments: list[str], *, streams: str, chance: random.Random
) -> Iterator[RunUnderWay]:
    """Start `chaos run` with its streams as a shell would direct them; "terminal" is one that can be closed."""
    traces = _traces(folder)
    environment = {**os.environ, BESIDE: "1", **traces.environment}
    argv = chaos_argv("run", *arguments, "--out", str(out))
    with contextlib.ExitStack() as ending:
        terminal = None
        if streams.endswith("terminal"):
            terminal = Terminal()
            ending.callback(terminal.close)
            process = _on_terminal(_in_shell(streams.removesuffix("terminal"), "", argv), environment, terminal)
        else:
            process = _on_files(_in_shell("", streams, argv), environment, folder)
        ending.callback(_kill, process)
        yield RunUnderWay(process, out, folder / "stderr", traces, chance, terminal)


def _in_shell(before: str, redirected: str, argv: list[str]) -> list[str]:
    # A proof under `nohup`, or in the background of a shell without jobs, ignores some: what it starts hears them all.
    return ["env", "--default-signal=HUP,INT,TERM", "bash", "-c", f'{before}exec "$@" {redirected}', "bash", *argv]


def _on_files(argv: list[str], environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        return subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr)


def _on_terminal(argv: list[str], environment: dict[str, str], terminal: Terminal) -> subprocess.Popen[bytes]:
    """Start a program as the leader of a session on a terminal of its own."""
    program = [sys.executable, "-c", ON_TERMINAL, *argv]
    theirs = terminal.theirs
    process = subprocess.Popen(
        program, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def _traces(folder: Path) -> Traces:
    folder.chmod(0o711)  # PostgreSQL's user passes through
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o777)
    temporary.chmod(0o1777)
    kept = frozenset[str]()
    if (binaries := _binaries()) is not None:
        (temporary / binaries.name).symlink_to(binaries)
        kept = frozenset({binaries.name})
    return Traces(folder.name, temporary, kept)


def _binaries() -> Path | None:
    """Return the copy of PostgreSQL's binaries that runs of another user share; None where they need none."""
    with _copying:
        return _shared_binaries()


@functools.cache
def _shared_binaries() -> Path | None:
    user = database.server_user()
    return None if user is None or database.missing() else database.binaries(user).parents[2]
