"""`chaos report --format html` and `chaos compare` on synthetic runs: CPU seconds, peak memory, size of the page."""

import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.measuring import ROUNDS, median_cpu_s, python, usage
from benchmarks.synthetic import write_run

LOST_EVERY = 20
MEASURED = (
    ("1,000 tickets × 2 systems × 5 repetitions", 1_000, 5, "≤ 3 s"),
    ("100,000 tickets", 50_000, 1, "≤ 30 s, ≤ 1 GB"),
)
"""What each run is, its tickets a system and repetition, its repetitions, and what was promised of it."""


def main() -> None:
    """Write each run once, render it several times, print medians."""
    for name, tickets, repeat, promised in MEASURED:
        with tempfile.TemporaryDirectory() as folder:
            write_run(Path(folder), ("sync", "other"), tickets, repeat=repeat, lost_every=LOST_EVERY)
            _judge(folder)
            runs = [usage(python("-m", "harness", "report", folder)) for _ in range(ROUNDS)]
            page = (Path(folder) / "report.html").stat().st_size
            compared = median_cpu_s(python("-m", "harness", "compare", folder, folder))
        cpu, peak = (statistics.median(one) for one in zip(*runs, strict=True))
        print(f"chaos report of {name}: {cpu:.2f} s of CPU, peak {peak / 1e6:.0f} MB (promised {promised})", end="")
        print(f", page {page / 1e6:.1f} MB (promised < 10)")
        print(f"chaos compare of it with itself: {compared:.2f} s of CPU (promised ≤ 1)")


def _judge(folder: str) -> None:
    """Write the result of the run, as a run that ended has it."""
    said = subprocess.run(
        python("-m", "harness", "check", folder, "--format", "json"), capture_output=True, check=False
    )
    (Path(folder) / "result.json").write_bytes(said.stdout)
