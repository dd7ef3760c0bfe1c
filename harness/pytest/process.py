"""One run of a scenario in a process of its own: pytest keeps its signals, and Ctrl-C ends the run cleanly."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.processes import package
from harness.runfolder import beside
from harness.runfolder.result import Result

LAST_LINES = 20
STOP_DEADLINE_S = 20.0


class Ran(msgspec.Struct, frozen=True):
    """A run that ended: its exit code, its result (None where it wrote none), and what it said last."""

    code: int
    result: Result | None
    said: str


def run(arguments: Sequence[str], here: Path) -> Ran:
    """Run `chaos run ARGUMENT…` in the folder `here`; whatever interrupts the wait interrupts the run, and goes on."""
    argv = [sys.executable, "-m", f"{__package__}.child", str(os.getpid()), "run", *arguments, "--format", "json"]
    with subprocess.Popen(
        argv,
        cwd=here,
        env={**package.environment(), **beside.telling(is_beside=_is_one_of_several())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches pytest alone, which passes it on once
    ) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            _stop(process)
            raise
    return told(process.returncode, out, err.decode(errors="replace"))


def _is_one_of_several() -> bool:
    """Say whether pytest-xdist runs tests in several processes, so that other scenarios may run at this moment."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1


def told(code: int, out: bytes, err: str) -> Ran:
    """Return what a run's output says; where it has no result, its error, else its last words, have to do."""
    with contextlib.suppress(msgspec.DecodeError):
        return Ran(code, msgspec.json.decode(out, type=Result), "")
    error = re.search(r"^error: (.*)", err, re.MULTILINE | re.DOTALL)
    said = error[1] if error else "\n".join(err.splitlines()[-LAST_LINES:])
    return Ran(code, None, said.strip())


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let a run undo its faults and end its processes; kill one that takes too long, and its supervisor ends them."""
    process.send_signal(signal.SIGINT)
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=STOP_DEADLINE_S)
    finally:
        process.kill()  # does nothing to one that has ended
        process.wait()
