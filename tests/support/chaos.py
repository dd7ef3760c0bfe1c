"""Runs the program as a user does: a process of its own, a scenario in a file, JSON on stdout."""

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import psutil
import pytest

from harness.__main__ import main
from tests.support import warm
from tests.support.warm import Program

ROOT = Path(__file__).resolve().parents[2]
BESIDE = "CHAOS_BESIDE_OTHERS"
"""Tests run beside each other: a run is told so, and does not judge whether the machine had room for it."""
OWN = ("CHAOS_", "GITHUB_", "TEMPORAL_")
"""Variables that are read as they are needed, whenever the program was started."""
ADDITIONS = {str(ROOT / "tests" / place / "installed") for place in ("support", "broken")}
"""Folders that a PYTHONPATH may name and that take nothing's place: packages that bring systems are told of there."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        assert self.out, self.err
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    def repetition(self, label: str, number: int = 1) -> dict[str, Any]:
        found: dict[str, Any] = self.result["systems"][label]["repetitions"][number - 1]
        return found

    def metrics(self, label: str, number: int = 1) -> dict[str, Any]:
        figures: dict[str, Any] = self.repetition(label, number)["metrics"]
        return figures

    def checks(self, label: str, number: int = 1) -> dict[str, str]:
        return {check["name"]: check["verdict"] for check in self.repetition(label, number)["checks"]}


def chaos_argv(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "harness", *arguments]


def chaos(*arguments: str, env: dict[str, str] | None = None, cwd: Path = ROOT, timeout_s: float = 1800) -> Ran:
    """Run a command to its end."""
    env = {BESIDE: "1", **(env or {})}
    if cwd == ROOT and all(name.startswith(OWN) or env[name] in ADDITIONS for name in env):
        with begun(*arguments, env=env) as program:
            return Ran(program.wait(timeout_s), program.out, program.err)
    done = subprocess.run(
        chaos_argv(*arguments),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **env},
        timeout=timeout_s,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def begun(*arguments: str, env: Mapping[str, str] = MappingProxyType({})) -> AbstractContextManager[Program]:
    """Start a command; it has ended on every path out of the context."""
    return warm.started(*arguments, env={**os.environ, **env}, cwd=ROOT)


def asked(*arguments: str) -> Ran:
    """Ask the program in this process, which spares its start: a command that starts nothing and reads a folder."""
    out, err = StringIO(), StringIO()
    with (
        patch.object(sys, "argv", ["chaos", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as left,
    ):
        main()
    assert isinstance(left.value.code, int)
    return Ran(left.value.code, out.getvalue(), err.getvalue())


def write_scenario(folder: Path, text: str, name: str = "scenario.yaml") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return path


def run_scenario(folder: Path, text: str, *arguments: str, env: dict[str, str] | None = None) -> Ran:
    """Run a scenario's text into `folder`/reports and return its JSON; anything but a verdict is shown."""
    path = write_scenario(folder, text)
    ran = chaos(
        "run", str(path), "--out", str(folder / "reports"), "--format", "json", "--report", "csv", *arguments, env=env
    )
    assert ran.code in {0, 1, 3}, f"exit {ran.code}\n{ran.out[-2000:]}\n{ran.err[-4000:]}"
    return ran


def only(labels: Iterable[str]) -> list[str]:
    """Return the arguments by which only these columns of a scenario are run."""
    return [argument for label in labels for argument in ("--system", label)]


def latest(folder: Path) -> Path:
    return (folder / "reports" / "latest").resolve()


def wait_for(predicate: Callable[[], Any], what: str, within_s: float = 30.0, every_s: float = 0.01) -> Any:
    """Wait until `predicate()` is true and return it; fails with what was seen."""
    deadline = time.monotonic() + within_s
    while not (seen := predicate()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}; saw {seen!r}"
        time.sleep(every_s)
    return seen


def descendants(pid: int) -> list[psutil.Process]:
    """Return the processes that a process started, and they in turn; of one that is over, none."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def alive(processes: list[psutil.Process]) -> list[str]:
    """Name those of the processes that still run; zombies are dead."""
    found = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {' '.join(process.cmdline()[:6])}")
        except psutil.NoSuchProcess:
            continue
    return found
