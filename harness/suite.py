"""A suite: many scenarios, several at a time, each in a process of its own that dies with this one.

A scenario's own run is what `chaos run SCENARIO` does; here is only who runs when, and what each came to.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import Interrupted
from harness.lifeline import death_signal, die_with
from harness.result import Result
from harness.scenario import Scenario

LAST_LINES = 6
COLUMN_S = 4.0
"""What starting and ending a system takes, roughly."""
STOP_DEADLINE_S = 20.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A scenario that ran: its exit code, its result (None where it wrote none), and what it said last."""

    name: str
    code: int
    result: Result | None
    said: str
    took_s: float


def run_suite(
    scenarios: Sequence[str], options: Sequence[str], jobs: int, tell: Callable[[Ended], None]
) -> list[Ended]:
    """Run the scenarios, `jobs` at a time, telling of each as it ends; raises Interrupted once all were stopped."""
    try:
        return asyncio.run(_Suite(options, asyncio.Semaphore(jobs), tell).run(scenarios))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("interrupted; faults are undone, processes are gone, the records are kept") from None


def estimate_s(scenario: Scenario) -> float:
    """Guess roughly how long a scenario will take, so that long ones can be begun first."""
    rate = scenario.load.arrival.rate
    load = scenario.load.tickets / rate if rate else 1.0
    walk = sum(scenario.desk.step_time.values()) / 2
    held = max((fault.holds_s() for fault in scenario.faults), default=0.0)
    return len(scenario.systems) * (COLUMN_S + load + walk + held) * scenario.repeat


@dataclass(slots=True)
class _Suite:
    options: Sequence[str]
    slots: asyncio.Semaphore
    tell: Callable[[Ended], None]

    async def run(self, scenarios: Sequence[str]) -> list[Ended]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is a task's
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return list(await asyncio.gather(*(self._one(name) for name in scenarios)))

    async def _one(self, scenario: str) -> Ended:
        async with self.slots:
            began = time.monotonic()
            code, out, err = await self._run(scenario)
            with contextlib.suppress(msgspec.DecodeError):
                ended = Ended(
                    Path(scenario).stem, code, msgspec.json.decode(out, type=Result), "", time.monotonic() - began
                )
                self.tell(ended)
                return ended
            said = "\n".join(err.decode(errors="replace").splitlines()[-LAST_LINES:])
            ended = Ended(Path(scenario).stem, code, None, said, time.monotonic() - began)
            self.tell(ended)
            return ended

    async def _run(self, scenario: str) -> tuple[int, bytes, bytes]:
        prctl, parent = death_signal(), os.getpid()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "harness", "run", scenario, "--format", "json", *self.options),
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
