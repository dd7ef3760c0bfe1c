"""Runs the program with a system that behaves badly, watches what it takes of the machine, and looks what it left."""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.chaos import BESIDE, ROOT, chaos_argv, write_scenario

MARK = "CHAOS_TEST_MARK"
"""A variable that every process of a run inherits, however often it forks: whoever has it is the run's."""
LEFT_AFTER_S = 5.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Ending:
    """How a run ended: its exit code (None: it did not, and was killed), and what it took and left."""

    code: int | None
    seconds: float
    out: str
    err: str
    left: tuple[str, ...]
    peak_rss_bytes: int
    peak_disk_bytes: int
    disk_bytes: int


def run_badly(folder: Path, text: str, deadline_s: float, env: dict[str, str], *options: str) -> Ending:
    """Run a scenario's text into `folder`/reports, for at most so long."""
    mark = uuid.uuid4().hex
    scenario = write_scenario(folder, text)
    argv = chaos_argv("run", str(scenario), "--out", str(folder / "reports"), "--format", "json", *options)
    began = time.monotonic()
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        program = subprocess.Popen(
            argv, cwd=ROOT, stdout=out, stderr=err, env={**os.environ, BESIDE: "1", **env, MARK: mark}
        )
        try:
            rss, disk = _watched(program, folder, began + deadline_s)
            seconds = time.monotonic() - began
            left = _left(mark)
        finally:
            _end(program, mark)
    words_out, words_err = ((folder / name).read_text(errors="replace") for name in ("out", "err"))
    code = program.returncode if seconds < deadline_s else None
    return Ending(code, seconds, words_out, words_err, left, rss, disk, _size(folder))


def _watched(program: "subprocess.Popen[bytes]", folder: Path, until: float) -> tuple[int, int]:
    """Wait for the program's end; return the peaks of its own memory and of the folder, in bytes."""
    rss = disk = 0
    harness = psutil.Process(program.pid)
    while program.poll() is None and time.monotonic() < until:
        with suppress(psutil.Error):
            rss = max(rss, harness.memory_info().rss)
        disk = max(disk, _size(folder))
        with suppress(subprocess.TimeoutExpired):
            program.wait(LOOK_EVERY_S)
    return rss, disk


def _size(folder: Path) -> int:
    """Return how many bytes the files of a folder take on the disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_blocks * 512
    return total


def _left(mark: str) -> tuple[str, ...]:
    """Wait until nobody of the run is left, for at most as long as is promised; return who is."""
    deadline = time.monotonic() + LEFT_AFTER_S
    while (marked := list(_marked(mark))) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
    return tuple(f"{process.pid} {' '.join(process.cmdline()[:4])}" for process in marked if process.is_running())


def _marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _end(program: "subprocess.Popen[bytes]", mark: str) -> None:
    """Leave nothing of a run behind that did not end by itself, or left something."""
    for process in _marked(mark):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    program.wait()
