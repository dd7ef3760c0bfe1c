"""Clocks break: one process's is ahead or behind, one steps back, the wall clock steps between engine and export."""

from types import ModuleType, SimpleNamespace

from harness.execution import load, receiver
from systems.desk.live import journal, store
from systems.temporal import residency
from tests.broken.harness.broken_part import FAILED, RECEIVER, SYNC_WORKER, UNKNOWN, BrokenPart, put
from tests.broken.harness.loads import LONGER, TEMPORAL

import time  # isort: skip

STEP = 400_000_000
CLOSE = 1_000_000
FORTY = 40
MONOTONIC = "monotonic_ns"


def _shift(module: ModuleType, name: str, by_ns: int) -> None:
    """Give a module a clock that is wrong by so much."""
    reading = getattr(time, name)
    others = {other: getattr(time, other) for other in ("time_ns", "monotonic_ns", "monotonic", "sleep", "time")}
    put(module, "time", SimpleNamespace(**{**others, name: lambda: reading() + by_ns}))


def worker_ahead() -> None:
    _shift(journal, MONOTONIC, STEP)
    _shift(store, MONOTONIC, STEP)


def worker_behind() -> None:
    _shift(journal, MONOTONIC, -STEP)
    _shift(store, MONOTONIC, -STEP)


def worker_steps_back() -> None:
    """Go back once, between two readings so close that nothing of another process can lie between them."""
    readings: list[int] = []
    has_stepped = False

    def monotonic_ns() -> int:
        nonlocal has_stepped
        now = time.monotonic_ns()
        if not has_stepped and len(readings) >= FORTY and now - readings[-1] < CLOSE:
            has_stepped = True
            now = readings[-1] - CLOSE // 10
        readings.append(now)
        return now

    put(journal, "time", SimpleNamespace(monotonic_ns=monotonic_ns, time_ns=time.time_ns))


def receiver_behind() -> None:
    _shift(receiver, MONOTONIC, -STEP)


def harness_ahead() -> None:
    _shift(journal, MONOTONIC, STEP)
    _shift(load, MONOTONIC, STEP)


# By more than a ticket of a busy engine may wait for its first step: a smaller difference hides in that wait.
def wall_clock_steps_forward() -> None:
    _shift(residency, "time_ns", 5 * STEP)


def wall_clock_steps_back() -> None:
    _shift(residency, "time_ns", -5 * STEP)


INTACT = "journal_intact"
SAYS = "clock"
# By a clock that is ahead, what ended just before the quiet ends after it.
QUIET = frozenset({"quiescence"})
PARTS = (
    BrokenPart(
        "a worker's clock is ahead", worker_ahead, FAILED, {INTACT: "invalid"}, SAYS, SYNC_WORKER, LONGER, QUIET
    ),
    BrokenPart("a worker's clock is behind", worker_behind, FAILED, {INTACT: "invalid"}, SAYS, SYNC_WORKER, also=QUIET),
    BrokenPart("a worker's clock steps back", worker_steps_back, UNKNOWN, {INTACT: "unknown"}, SAYS, SYNC_WORKER),
    BrokenPart("the receiver's clock is behind", receiver_behind, FAILED, {INTACT: "invalid"}, SAYS, RECEIVER),
    BrokenPart("the harness's clock is ahead", harness_ahead, FAILED, {INTACT: "invalid"}, SAYS),
    BrokenPart(
        "the wall clock steps forward before the export",
        wall_clock_steps_forward,
        FAILED,
        {INTACT: "invalid"},
        SAYS,
        load=TEMPORAL,
    ),
    BrokenPart(
        "the wall clock steps back before the export",
        wall_clock_steps_back,
        FAILED,
        {INTACT: "invalid"},
        SAYS,
        load=TEMPORAL,
    ),
)
