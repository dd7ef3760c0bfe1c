"""Recovery of the profiles after SIGKILL of one of two workers, and spurious retries without any fault."""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROUNDS
from harness.progress import Progress
from harness.reading import read
from harness.run import run

KILL = """
name: recovery
seed: SEED
load: {tickets: 20, arrival: all_at_once, priorities: {medium: 1}}
desk: {step_time: 1s, outcomes: {needs_escalation: 0}}
systems:
  tuned: {system: temporal, processes: 2, threads: 24, profile: tuned}
  tuned-engine: {system: temporal, processes: 2, threads: 24, profile: tuned_engine}
faults:
  - {kind: worker_kill, when: {after: 2500ms}, restart_after: 400ms}
settle: 60s
"""
CALM = """
name: spurious
load: {tickets: 200, arrival: all_at_once}
desk: {step_time: 20ms}
systems:
  tuned: {system: temporal, processes: 2, threads: 8, profile: tuned}
  tuned-engine: {system: temporal, processes: 2, threads: 8, profile: tuned_engine}
"""
MEASURED_BEFORE = {"tuned": (1.9, 2.2, 3.0), "tuned-engine": (0.69, 0.84, 0.90)}
"""Seconds to resume, (min, median, max), measured before on such a machine."""


def main() -> None:
    """Print medians over several runs of the resume times, and the retries of a fault-free run of 200 tickets."""
    found: dict[str, list[dict[str, Any]]] = {"tuned": [], "tuned-engine": []}
    for number in range(1, ROUNDS + 1):
        for label, metrics in _run(KILL.replace("SEED", str(number))).items():
            found[label].append(metrics)
    for label, runs in found.items():
        medians = {name: statistics.median(one[name] for one in runs) for name in ("resume_p50", "resume_max")}
        lost = sum(one["lost"] for one in runs)
        before = MEASURED_BEFORE[label]
        print(f"{label:13} resumed in {medians['resume_p50']:.2f} s, at most {medians['resume_max']:.2f} s", end="")
        print(f" ({lost} lost in {len(runs)} runs; measured before: {before[1]} s, at most {before[2]} s)")
    for label, metrics in _run(CALM).items():
        retries, throughput = metrics["retries"], metrics["throughput"]
        print(f"{label:13} {retries} retries in a fault-free run of 200 tickets, {throughput:.1f} tickets/s")


def _run(text: str) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(text)
        scenario, text = read(str(path))
        labels = [block.label for block in scenario.systems]
        with open("/dev/null", "w") as nowhere:  # noqa: PTH123 - a stream that nobody reads
            outcome = run(scenario, text, Path(folder) / "reports", labels, Progress(nowhere))
        return {label: dict(system.repetitions[0].metrics) for label, system in outcome.result.systems.items()}
