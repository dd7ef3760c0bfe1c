"""Live: what a session costs beside its systems, how soon a click is seen, what waiting costs, whether memory grows."""

import json
import platform
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from harness.faults.spec import PlannedTicket
from harness.live.board import Board
from harness.live.card import living
from harness.live.client import ask
from harness.live.event_log import EventLog
from systems.desk import records
from systems.desk.model import Priority, Ticket
from systems.desk.outcomes import Outcomes
from systems.desk.path import oracle
from systems.desk.rows import AuditRow

SCENARIO = """\
name: bench-live
load: {tickets: [{priority: low}], timeout: 1h}
desk: {step_time: 5s, agents: {regular: 500, senior: 500}}
systems:
  sync: {processes: 2, threads: 64}
  temporal: {processes: 2, threads: 64, profile: PROFILE}
"""
PAUSED, CLICKS, WATCHED_S, EVENTS = 100, 21, 60.0, 1_000_000
WORKERS = "temporal worker"
PAUSED_WITHIN_S = 120.0
SETTLED_S = 5.0
"""So long after the start, or after the last ticket came to stand still, it is watched what goes on."""
PER_TICKET = 4
"""Events of a ticket in the test of memory: sent, an attempt's begin and end, a write."""


@contextmanager
def session(profile: str) -> Iterator[tuple[Path, int, str]]:
    """Start a session; yield its folder, its process and its address."""
    with tempfile.TemporaryDirectory(prefix="bench-live-") as place, _session(Path(place), profile) as begun:
        yield begun


@contextmanager
def _session(folder: Path, profile: str) -> Iterator[tuple[Path, int, str]]:
    scenario = folder / "bench.yaml"
    scenario.write_text(SCENARIO.replace("PROFILE", profile))
    argv = [sys.executable, "-m", "harness", "live", str(scenario), "--keep", str(folder / "session")]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None  # noqa: S101 - it is piped
        yield folder / "session", process.pid, process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def order(folder: Path, path: str, **body: Any) -> Any:
    """Ask the session."""
    card = living(folder)
    assert card is not None  # noqa: S101 - it runs
    return ask(card, path, body or None)


def listen(address: str, changes: "queue.Queue[tuple[float, dict[str, Any]]]") -> None:
    """Put every change into a queue, with the moment at which it came."""
    base, token = address.split("/?token=")
    with urllib.request.urlopen(f"{base}/api/events?token={token}") as stream:  # noqa: S310 - of loopback
        for line in stream:
            if line.startswith(b"data: "):
                changes.put((time.monotonic(), json.loads(line[6:])))


def spent_s(folder: Path, pid: int) -> dict[str, float]:
    """Return the CPU seconds of each role in each system, and of the session itself."""
    spent = {"session": cpu_s(pid)}
    for column in order(folder, "/api/state")["systems"]:
        for tile in column["processes"]:
            key = f"{column['label']} {tile['role']}"
            spent[key] = spent.get(key, 0.0) + cpu_s(int(tile["proc"].partition("-")[0]))
    return spent


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used, to a nanosecond where there is a clock for that."""
    if platform.system() == "Linux":
        # clock_getcpuclockid(3), which Python does not have: ticks of 10 ms would hide what is promised.
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def used_a_minute(folder: Path, pid: int) -> dict[str, float]:
    """Return the CPU seconds a minute that each role uses."""
    time.sleep(SETTLED_S)
    before = spent_s(folder, pid)
    time.sleep(WATCHED_S)
    after = spent_s(folder, pid)
    return {key: (after[key] - before[key]) * 60 / WATCHED_S for key in before}


def clicks_ms(folder: Path, changes: "queue.Queue[tuple[float, dict[str, Any]]]") -> list[float]:
    """Return how long it takes from an order to its first sight."""
    took = []
    for _ in range(CLICKS):
        while not changes.empty():
            changes.get_nowait()
        began = time.monotonic()
        (name,) = order(folder, "/api/tickets", priority="low", systems=["sync"])["ids"]
        while True:
            seen, change = changes.get(timeout=10)
            rows = change.get("systems", {}).get("sync", {}).get("tickets", [])
            if any(row["id"] == name for row in rows):
                break
        took.append((seen - began) * 1000)
    return took


def all_stand_still(folder: Path) -> None:
    """Wait until every ticket is read as paused; none has had the time to end before."""
    deadline = time.monotonic() + PAUSED_WITHIN_S
    while any(c["tally"]["paused"] < PAUSED for c in order(folder, "/api/state")["systems"]):
        if time.monotonic() > deadline:
            sys.exit(
                f"expected {PAUSED} tickets that stand still within {PAUSED_WITHIN_S:g} s: the machine is too busy"
            )
        time.sleep(0.2)


def grown_bytes() -> tuple[int, int]:
    """Let a million events pass through board and log; return resident bytes after a tenth of them, and after all."""
    process = psutil.Process()
    truth = oracle(Ticket(1, Priority.LOW), Outcomes(), 1)
    after_a_tenth = 0
    with tempfile.TemporaryDirectory() as folder:
        board, log = Board(resumes=True, files="one/1/journal"), EventLog(Path(folder) / "log.jsonl", 0)
        for number in range(1, EVENTS // PER_TICKET + 1):
            board.sent(PlannedTicket(number, "low", 0.0, truth), "Ada Moreau", "cannot log in", number)
            attempt = f"1-1.{number}"
            begun = records.AttemptStarted(1, number, attempt, number, "close_ticket", 1, "w")
            board.record("1-1", "worker", begun)
            board.record("1-1", "worker", records.AttemptEnded(2, number, attempt, "resolved"))
            board.row(AuditRow(1, "tickets", str(number), 1, 2, 1, attempt, number, "resolved"))
            for sentence in board.take_sentences():
                log.add(sentence)
            board.take_changes()
            if number == EVENTS // PER_TICKET // 10:
                after_a_tenth = process.memory_info().rss
        log.close()
    return after_a_tenth, process.memory_info().rss


def watched(folder: Path, pid: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return what each role uses in a minute, with no ticket and with so many that stand still."""
    idle = used_a_minute(folder, pid)
    order(folder, "/api/tickets", priority="medium", count=PAUSED)
    order(folder, "/api/tickets/all/pause", systems=["sync", "temporal"])
    all_stand_still(folder)
    return idle, used_a_minute(folder, pid)


def show(profile: str, idle: dict[str, float], waiting: dict[str, float]) -> None:
    """Print what waiting costs each role, and what of it is promised."""
    print(f"CPU s a minute, profile {profile}:")
    for key in sorted(waiting):
        print(f"  {key:<18} {idle[key]:6.3f} idle, {waiting[key]:6.3f} with {PAUSED} tickets paused")
    print(f"  {WORKERS}s above idle {waiting[WORKERS] - idle[WORKERS]:+.3f} (promised ≤ 0.01)")


def main() -> None:
    """Print what is promised of a session."""
    with session("tuned") as (folder, pid, address):
        changes: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        threading.Thread(target=listen, args=(address, changes), daemon=True).start()
        idle, waiting = watched(folder, pid)
        took = clicks_ms(folder, changes)
    print(f"click to its effect on the page   {statistics.median(took):6.0f} ms, median of {CLICKS} (promised ≤ 250)")
    print(f"session, {PAUSED} tickets paused       {waiting['session'] / 60:6.1%} of a core (promised < 10 %)")
    show("tuned", idle, waiting)
    # What a tuned worker uses while it does nothing is the ping of its connection each second: here without.
    with session("default") as (folder, pid, _):
        show("default", *watched(folder, pid))
    early, late = grown_bytes()
    print(f"memory after {EVENTS // 10:,} events {early / 1e6:6.1f} MB, after {EVENTS:,} {late / 1e6:6.1f} MB")


if __name__ == "__main__":
    main()
