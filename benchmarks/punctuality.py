"""How far from its planned moment a timed fault strikes, on an otherwise idle machine."""

import statistics
import tempfile
from pathlib import Path

from benchmarks.measuring import ROUNDS
from harness.execution.run import run
from harness.planning.reading import read
from harness.progress import Progress

SCENARIO = """
name: punctuality
load: {tickets: 24, arrival: {rate: 4/s}}
desk: {step_time: 100ms}
systems: [sync, temporal]
faults:
  - {kind: long_pause, scope: worker, when: {after: 500ms, every: 250ms, times: 20}, duration: 50ms}
settle: 60s
"""


def main() -> None:
    """Print the median, the 99th percentile and the worst over several runs, a line a system."""
    late: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for label, found in _run().items():
            late.setdefault(label, []).extend(found)
    for label, found in late.items():
        median, p99 = statistics.median(found), statistics.quantiles(found, n=100)[98]
        print(f"{label:9} {len(found)} stops: median {median * 1000:.1f} ms late, ", end="")
        print(f"p99 {p99 * 1000:.1f} ms (promised ≤ 10), worst {max(found) * 1000:.1f} ms")


def _run() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(SCENARIO)
        scenario, text = read(str(path))
        labels = [block.label for block in scenario.systems]
        with open("/dev/null", "w") as nowhere:  # noqa: PTH123 - a stream that nobody reads
            outcome = run(scenario, text, Path(folder) / "reports", labels, Progress(nowhere))
    return {
        label: [
            abs(one.actual - one.planned)
            for repetition in system.repetitions
            for fault in repetition.faults
            for one in fault.moments
        ]
        for label, system in outcome.result.systems.items()
    }
