"""Recovery of the profiles after SIGKILL of one of two workers."""

import statistics
from typing import Any

from benchmarks.measuring import ROUNDS
from benchmarks.running import metrics_of

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
MEASURED_BEFORE = {"tuned": (1.9, 2.2, 3.0), "tuned-engine": (0.69, 0.84, 0.90)}
"""Seconds to resume, (min, median, max), measured before on such a machine."""


def main() -> None:
    """Print medians over several runs of the resume times."""
    found: dict[str, list[dict[str, Any]]] = {"tuned": [], "tuned-engine": []}
    for number in range(1, ROUNDS + 1):
        for label, metrics in metrics_of(KILL.replace("SEED", str(number))).items():
            found[label].append(metrics)
    for label, runs in found.items():
        medians = {name: statistics.median(one[name] for one in runs) for name in ("resume_p50", "resume_max")}
        lost = sum(one["lost"] for one in runs)
        before = MEASURED_BEFORE[label]
        print(f"{label:13} resumed in {medians['resume_p50']:.2f} s, at most {medians['resume_max']:.2f} s", end="")
        print(f" ({lost} lost in {len(runs)} runs; measured before: {before[1]} s, at most {before[2]} s)")
