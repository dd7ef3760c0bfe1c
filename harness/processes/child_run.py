"""A scenario's run in a process of its own that dies with this one, and a suite: many of them, several at a time.

A scenario's own run is what `chaos run SCENARIO` does; here is only which runs when, and what each came to.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import Interrupted
from harness.processes import package
from harness.processes.interruption import Interruption
from harness.runfolder import beside
from harness.runfolder.result import Result
from harness.runfolder.run_summary import Ended

LAST_LINES = 12
TICK_S = 1.0
STOP_DEADLINE_S = 20.0
BROKEN = 4
VERDICT_CODES = frozenset({0, 1, 3, BROKEN, 130})


# -- one run


async def run_child(
    scenario: str, out: Path, options: Sequence[str], *, is_beside: bool, folder: Path | None = None
) -> Ended:
    """Run a scenario in `folder` into `out`, which is relative to that; `options` are others of `chaos run`.

    `is_beside`: others run at the same time. Its `code` is the process's own, negative where a signal ended it. A
    caller that is cancelled interrupts the run, and goes on once it has undone its faults and ended its processes.
    """
    began = time.monotonic()
    arguments = ["run", scenario, "--format", "json", "--out", str(out), *options]
    code, result, words = await _output(arguments, is_beside=is_beside, folder=folder)
    return ended_run(scenario, out, code, result, words.decode(errors="replace"), time.monotonic() - began)


async def _output(arguments: Sequence[str], *, is_beside: bool, folder: Path | None) -> tuple[int, bytes, bytes]:
    """Run the program; return its exit code, and all of its stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"{__package__}.child", str(os.getpid()), *arguments),
        cwd=folder,
        env={**package.environment(), **beside.telling(is_beside=is_beside)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on once
    )
    try:
        out, err = await process.communicate()
    except BaseException:
        await _interrupt(process)
        raise
    return process.returncode or 0, out, err


async def _interrupt(process: asyncio.subprocess.Process) -> None:
    """Let a run undo its faults and end its processes; kill one that takes too long, and its supervisor ends them."""
    try:
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(STOP_DEADLINE_S):
                await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            process.kill()


def ended_run(scenario: str, out: Path, code: int, result: bytes, words: str, took_s: float = 0.0) -> Ended:
    """Return what a run's output says; where that has no result, its error, else its last words, have to do."""
    try:
        judged = msgspec.json.decode(result, type=Result)
    except UNREADABLE as error:
        why = f"it {_how(code)}, and wrote no result: {len(result)} bytes, {result[:80]!r}, {error}"
        return Ended(scenario, code, None, said=_last_words(words, why), took_s=took_s)
    return Ended(scenario, code, judged, str(out / judged.run_id), judged.problem, took_s)


def _last_words(words: str, why: str) -> str:
    error = re.search(r"^error: (.*)", words, re.MULTILINE | re.DOTALL)
    return error[1].strip() if error else "\n".join([*words.splitlines()[-LAST_LINES:], why])


def _how(code: int) -> str:
    """Say how a process left."""
    return f"died by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"


# -- a suite


class Listener(Protocol):
    """Is told how a suite goes, from the one thread that runs it."""

    def begun(self, scenario: str) -> None:
        """Hear that a scenario begins."""

    def ended(self, scenario: str, run: Ended) -> None:
        """Hear what a scenario came to."""

    def tick(self) -> None:
        """Hear that a second has passed."""


def run_suite(scenarios: Sequence[str], out: Path, options: Sequence[str], jobs: int, listener: Listener) -> None:
    """Run the scenarios, `jobs` at a time, telling of each as it goes; raises Interrupted once all were stopped.

    Runs land in `out`; `options` are the other ones of `chaos run`.
    """
    is_beside = min(jobs, len(scenarios)) > 1
    suite = _Suite(out, options, asyncio.Semaphore(jobs), listener, is_beside)
    try:
        with Interruption() as interruption:
            interruption.run(suite.run(scenarios))
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    except KeyboardInterrupt:
        raise Interrupted("interrupted; faults are undone, processes are gone, the records are kept") from None


@dataclass(slots=True)
class _Suite:
    out: Path
    options: Sequence[str]
    slots: asyncio.Semaphore
    listener: Listener
    is_beside: bool

    async def run(self, scenarios: Sequence[str]) -> None:
        ticking = asyncio.create_task(self._tick())
        try:
            # A group, as it waits for all: each run that is interrupted has its faults to undo and its record to end.
            async with asyncio.TaskGroup() as group:
                for name in scenarios:
                    group.create_task(self._run_scenario(name))
        finally:
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.listener.tick()

    async def _run_scenario(self, scenario: str) -> None:
        async with self.slots:
            self.listener.begun(scenario)
            run = await run_child(scenario, self.out, self.options, is_beside=self.is_beside)
            self.listener.ended(scenario, _counted(run))


def _counted(run: Ended) -> Ended:
    """Return it with the code that counts for a suite: a run that leaves with a code of no verdict has broken."""
    # An exit code of 0 is a pass only beside a result: a program that ends without a word has proven nothing.
    is_verdict = run.code in VERDICT_CODES and (run.code or run.result is not None)
    return run if is_verdict else replace(run, code=BROKEN)
