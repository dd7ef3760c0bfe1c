"""The program in a process of its own that need not import it first.

A start of `chaos run` spends a second on imports, as long as many a run takes. Here a process that has them all, and
neither a thread nor a loop, is forked for every start: the standard library's fork server. What a test says of the
start itself (streams, Python's own variables, another folder) still starts a Python.
"""

import gc
import io
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path

MODULES = (
    "aiohttp",
    "harness.__main__",
    "harness.cli.live",
    "harness.cli.run",
    "harness.execution.run",
    "harness.judging.run",
    "harness.planning.reading.bundled",
    "harness.report.formats",
    "sqlalchemy.dialects.sqlite",
    "systems.sync.system",
    "systems.temporal.system",
    "temporalio.client",
    "temporalio.worker",
    __name__,
)
"""What its commands import, most of it only as they need it."""

_server = get_context("forkserver")
_server.set_forkserver_preload(list(MODULES))


class Program:
    """The program as it runs, or ran: what tests ask of a `Popen`. What it says goes into `said`/out and `said`/err."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path, said: Path) -> None:
        self.said = said
        self._process = _server.Process(target=_be_it, args=([*arguments], {**env}, str(cwd), str(said)))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def out(self) -> str:
        """What it said on stdout so far."""
        return (self.said / "out").read_text() if (self.said / "out").exists() else ""

    @property
    def err(self) -> str:
        """What it said on stderr so far."""
        return (self.said / "err").read_text() if (self.said / "err").exists() else ""

    def poll(self) -> int | None:
        """Return its exit code, negative after a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Wait for its end and return its exit code."""
        self._process.join(timeout_s)
        if (code := self.poll()) is None:
            message = f"process {self.pid} did not end within {timeout_s:g} s; it said: {self.err[-2000:]}"
            raise TimeoutError(message)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


@contextmanager
def started(*arguments: str, env: Mapping[str, str], cwd: Path) -> Iterator[Program]:
    """Start the program; it has ended on every path out of here."""
    with tempfile.TemporaryDirectory() as said:
        program = Program(arguments, env, cwd, Path(said))
        try:
            yield program
        finally:
            program.kill()
            program.wait(60)


def _be_it(arguments: list[str], env: dict[str, str], cwd: str, said: str) -> None:
    """Be `python -m harness` from here on."""
    from harness.__main__ import main  # noqa: PLC0415 - not by who only starts it

    gc.freeze()  # what it shares with the others is not looked through, which would copy it
    for fd, name in ((1, "out"), (2, "err")):
        opened = os.open(f"{said}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, fd)
        os.close(opened)
    sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(fd, "wb", closefd=False)) for fd in (1, 2))
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    sys.path[:1] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv[:] = ["chaos", *arguments]
    main()
