"""`chaos check` on a synthetic run of a million records: records a second, and peak memory.

The run has two systems, which are judged side by side; what one system alone comes to is printed too.
"""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.measuring import ROUNDS, python
from benchmarks.synthetic import write_run

RECORDS = 1_000_000
TICKETS = 5_000
SAMPLE_S = 0.1


def main() -> None:
    """Write the folders once, judge them several times, print medians."""
    for labels in (("sync", "other"), ("sync",)):
        with tempfile.TemporaryDirectory() as folder:
            count = write_run(Path(folder), labels, TICKETS, least=RECORDS)
            runs = [_timed(folder) for _ in range(ROUNDS)]
        seconds = statistics.median(took for took, _ in runs)
        rss = statistics.median(rss for _, rss in runs)
        promised = ("promised ≥ 500,000", "promised < 500") if len(labels) > 1 else ("on one core", "in one process")
        print(f"chaos check of {count:,} records, {len(labels)} system(s): {seconds:.2f} s", end="")
        print(f" = {count / seconds:,.0f} records/s ({promised[0]}), peak {rss / 1e6:.0f} MB ({promised[1]})")


def _timed(folder: str) -> tuple[float, int]:
    """Return (seconds, peak resident bytes of all its processes together, shared pages counted twice)."""
    start = time.perf_counter()
    checking = subprocess.Popen(python("-m", "harness", "check", folder), stdout=subprocess.DEVNULL)
    process, peak = psutil.Process(checking.pid), 0
    while True:
        try:
            checking.wait(SAMPLE_S)
        except subprocess.TimeoutExpired:
            peak = max(peak, sum(_resident(one) for one in (process, *process.children())))
        else:
            return time.perf_counter() - start, peak


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
