"""What asks the program to end is heard once, and in whichever way it comes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.processes.interruption import SIGNALS, Interruption
from tests.support.chaos import ROOT


@pytest.fixture(autouse=True)
def _handlers_kept() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    assert {number: signal.getsignal(number) for number in SIGNALS} == before


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_is_an_interruption(number: signal.Signals) -> None:
    with Interruption(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


async def undone(steps: list[str], *, interrupted_again: bool) -> None:
    steps.append("done")
    try:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(30)
    finally:
        if interrupted_again:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        steps.append("undone")


@pytest.mark.parametrize("interrupted_again", [False, True])
def test_an_undoing_is_cut_short_by_no_further_signal(*, interrupted_again: bool) -> None:
    steps: list[str] = []
    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt):
            interruption.run(undone(steps, interrupted_again=interrupted_again))
        signal.raise_signal(signal.SIGHUP)  # what follows the loop is not cut short either
        interruption.rearm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
    assert steps == ["done", "undone"]


def test_between_two_loops_a_signal_interrupts_as_well() -> None:
    with Interruption() as interruption:
        interruption.run(asyncio.sleep(0))
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_a_cancelled_task_is_no_interruption() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with Interruption() as interruption, pytest.raises(asyncio.CancelledError):
        interruption.run(cancelled())


def test_what_the_program_was_started_to_ignore_is_ignored_still() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_is_around_an_interrupted_part_is_interrupted_with_it() -> None:
    with Interruption():
        with pytest.raises(KeyboardInterrupt), Interruption():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # as the program says that it was interrupted
    with Interruption():
        with Interruption():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_once_disarmed_nothing_is_heard() -> None:
    with Interruption() as interruption:
        interruption.disarm()
        signal.raise_signal(signal.SIGTERM)


ENDS = """
import os, signal, sys

class Last:
    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.{name}):
        kill(me, number)

last = Last()  # goes as the interpreter takes the module down
sys.argv = ["chaos", "{command}"]
from harness.__main__ import main
main()
"""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(("command", "code"), [("metrics", 0), ("nonsense", 2)])
def test_a_signal_that_comes_as_the_interpreter_ends_changes_no_exit_code(
    number: signal.Signals, command: str, code: int
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS.format(name=number.name, command=command)], capture_output=True, check=False
    )
    assert ended.returncode == code, ended.stderr


CAUGHT = """
import harness.__main__ as program

def told():
    try:
        exec("raise KeyboardInterrupt")  # as in an import that makes a data class
    except KeyboardInterrupt:
        return 130

program._run = told
program.main()
"""
LATE = """
import os, signal
import harness.__main__ as program
from harness.processes.interruption import Interruption

disarm = Interruption.disarm

def late(interruption):
    os.kill(os.getpid(), signal.SIGTERM)
    disarm(interruption)

Interruption.disarm = late
program._run = lambda: 3
program.main()
"""


@pytest.mark.parametrize(("script", "code"), [(CAUGHT, 130), (LATE, 3)])
def test_an_interruption_that_was_told_or_comes_when_all_is_told_changes_no_exit_code(
    script: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "interrupted.py").write_text(script)
    # As a module: of a file, and of a text, the interpreter asks for the exit code first.
    argv = [sys.executable, "-m", "interrupted"]
    found = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    ended = subprocess.run(argv, env=found, capture_output=True, check=False)
    assert ended.returncode == code, ended.stderr
