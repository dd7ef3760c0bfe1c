"""What is done to the harness, and what its exit code and its last words have to be then."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.chaos import wait_for
from tests.support.disks import fill_up, make_read_only
from tests.trust.kills.running import RunUnderWay

VERDICTS = frozenset({0, 1, 3})
INTERRUPTED, BROKEN, KILLED = 130, 4, -signal.SIGKILL
ROOMY = "size=96m"
TWICE_WITHIN_S = 0.05
STANDS_STILL_S = 3.0


@dataclass(frozen=True)
class Deed:
    """Something that is done to a run.

    `codes` are the exit codes that are right, `words` (a pattern) what stderr has to say; `streams` are as in a shell;
    `disk` are the options of the disk that the run writes to.
    """

    name: str
    do: Callable[[RunUnderWay], None]
    codes: frozenset[int]
    words: str = ""
    streams: str = ""
    disk: str = ""


def _nothing(_run: RunUnderWay) -> None:
    """Leave it alone: how it was started is what is tried."""


def _send(number: signal.Signals) -> Callable[[RunUnderWay], None]:
    return lambda run: run.process.send_signal(number)


def _twice(run: RunUnderWay) -> None:
    run.process.send_signal(signal.SIGINT)
    due = time.monotonic() + run.chance.uniform(0.0, TWICE_WITHIN_S)
    wait_for(lambda: time.monotonic() >= due, "chance")
    run.process.send_signal(signal.SIGINT)


def _kill_child(module: str) -> Callable[[RunUnderWay], None]:
    return lambda run: run.child(module).kill()


def _stand_still(run: RunUnderWay) -> None:
    run.process.send_signal(signal.SIGSTOP)
    due = time.monotonic() + STANDS_STILL_S
    wait_for(lambda: time.monotonic() >= due, "it stands still")
    run.process.send_signal(signal.SIGCONT)


def _close_terminal(run: RunUnderWay) -> None:
    assert run.terminal is not None
    run.terminal.close()


def _fill_up(run: RunUnderWay) -> None:
    assert run.disk is not None
    fill_up(run.disk)


def _make_read_only(run: RunUnderWay) -> None:
    assert run.disk is not None
    make_read_only(run.disk)


def _full(size: str) -> Deed:
    return Deed(f"a disk of {size}", _nothing, BROKEN_ALONE, FULL, disk=f"size={size}")


def _streamed(name: str, streams: str, codes: frozenset[int] = VERDICTS, words: str = "") -> Deed:
    return Deed(name, _nothing, codes, words, streams)


BROKEN_ALONE = frozenset({BROKEN})
INTERRUPTED_ALONE = frozenset({INTERRUPTED})
FULL = "No space left on device|the disk is full|disk is full|disk I/O error"
READ_ONLY = "[Rr]ead-only file system|readonly database"
SUPERVISOR, CHILD = "harness.processes.supervisor", "harness.processes.child"

DEEDS = {
    deed.name: deed
    for deed in (
        Deed("kill -9 of the harness", _send(signal.SIGKILL), frozenset({KILLED})),
        Deed("kill -9 of its supervisor", _kill_child(SUPERVISOR), BROKEN_ALONE, "the supervisor of the run's"),
        Deed("kill -9 of one run of a suite", _kill_child(CHILD), BROKEN_ALONE, "died by SIGKILL"),
        Deed("SIGTERM", _send(signal.SIGTERM), INTERRUPTED_ALONE, "interrupted"),
        Deed("SIGINT", _send(signal.SIGINT), INTERRUPTED_ALONE, "interrupted"),
        Deed("SIGINT twice within 50 ms", _twice, INTERRUPTED_ALONE, "interrupted"),
        Deed("SIGHUP", _send(signal.SIGHUP), INTERRUPTED_ALONE, "interrupted"),
        Deed("the terminal is closed", _close_terminal, INTERRUPTED_ALONE, streams="terminal"),
        Deed("the terminal is closed, SIGHUP ignored", _close_terminal, VERDICTS, streams="trap '' HUP; terminal"),
        Deed("SIGSTOP, and SIGCONT 3 s later", _stand_still, VERDICTS),
        Deed("the disk is filled up", _fill_up, BROKEN_ALONE, FULL, disk=ROOMY),
        *(_full(size) for size in ("16k", "512k", "2m")),
        Deed("the folder becomes read-only", _make_read_only, BROKEN_ALONE, READ_ONLY, disk=ROOMY),
        Deed("the folder is read-only", _nothing, BROKEN_ALONE, READ_ONLY, disk="ro"),
        _streamed("stdout to `head -1`", "> >(head -1 >/dev/null)"),
        _streamed("stdout closed", ">&-"),
        _streamed("stderr closed", "2>&-"),
        _streamed("both closed", ">&- 2>&-"),
        _streamed("stdout to /dev/full", ">/dev/full", BROKEN_ALONE, "cannot write to stdout: No space left"),
    )
}
