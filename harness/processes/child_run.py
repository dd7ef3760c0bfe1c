"""A suite: many scenarios, several at a time, each in a process of its own that dies with this one.

A scenario's own run is what `chaos run SCENARIO` does; here is only who runs when, and what each came to.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from harness.errors import Interrupted
from harness.processes import package
from harness.processes.lifeline import death_signal, die_with
from harness.runfolder import beside
from harness.runfolder.result import Result
from harness.runfolder.run_summary import Ended

LAST_LINES = 6
TICK_S = 1.0
STOP_DEADLINE_S = 20.0
BROKEN = 4
VERDICT_CODES = frozenset({0, 1, 3, BROKEN, 130})


class Listener(Protocol):
    """Is told how a suite goes, from the one thread that runs it."""

    def begun(self, scenario: str) -> None:
        """Hear that a scenario begins."""

    def ended(self, scenario: str, one: Ended) -> None:
        """Hear what a scenario came to."""

    def tick(self) -> None:
        """Hear that a second has passed."""


def run_suite(scenarios: Sequence[str], out: Path, options: Sequence[str], jobs: int, listener: Listener) -> None:
    """Run the scenarios, `jobs` at a time, telling of each as it goes; raises Interrupted once all were stopped.

    Runs land in `out`; `options` are the other ones of `chaos run`.
    """
    try:
        is_beside = min(jobs, len(scenarios)) > 1
        asyncio.run(_Suite(out, options, asyncio.Semaphore(jobs), listener, is_beside).run(scenarios))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("interrupted; faults are undone, processes are gone, the records are kept") from None


def _how(code: int) -> str:
    """Say how a process left."""
    return f"died by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"


@dataclass(slots=True)
class _Suite:
    out: Path
    options: Sequence[str]
    slots: asyncio.Semaphore
    listener: Listener
    is_beside: bool

    async def run(self, scenarios: Sequence[str]) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is a task's
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        ticking = asyncio.create_task(self._tick())
        try:
            await asyncio.gather(*(self._one(name) for name in scenarios))
        finally:
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.listener.tick()

    async def _one(self, scenario: str) -> None:
        async with self.slots:
            began = time.monotonic()
            self.listener.begun(scenario)
            code, out, err = await self._run(scenario)
            self.listener.ended(scenario, self._ended(scenario, code, out, err, time.monotonic() - began))

    def _ended(self, scenario: str, code: int, out: bytes, err: bytes, took_s: float) -> Ended:
        """Read what a child came to; one that leaves with a code of no verdict has broken."""
        how, code = _how(code), code if code in VERDICT_CODES else BROKEN
        try:
            result = msgspec.json.decode(out, type=Result)
        except msgspec.DecodeError as error:
            last = err.decode(errors="replace").splitlines()[-LAST_LINES:]
            said = "\n".join([*last, f"it {how}, and wrote no result: {len(out)} bytes, {out[:80]!r}, {error}"])
            return Ended(scenario, code or BROKEN, None, said=said, took_s=took_s)
        return Ended(scenario, code, result, str(self.out / result.run_id), result.problem, took_s)

    async def _run(self, scenario: str) -> tuple[int, bytes, bytes]:
        prctl, parent = death_signal(), os.getpid()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __package__.rpartition(".")[0], "run", scenario, "--format", "json"),
            *("--out", str(self.out), *self.options),
            env={**package.environment(), **beside.telling(is_beside=self.is_beside)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on once
            preexec_fn=lambda: die_with(prctl, parent),
        )
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_DEADLINE_S):
                    await process.communicate()
            raise
        return process.returncode or 0, out, err
