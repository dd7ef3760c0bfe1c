"""Experiment: what became of the planned fault instances."""

from collections import Counter

from harness.faults.spec import Fate
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Figures

COUNTED: dict[str, tuple[Fate, ...]] = {
    "faults_planned": ("landed", "missed", "not yet due"),
    "faults_landed": ("landed",),
    "faults_missed": ("missed",),
    "faults_preempted": ("preempted",),
}
"""The fates that each figure counts."""


def experiment(evidence: Evidence) -> Figures:
    """Count instances by fate; those not applicable or preempted were not planned for this system."""
    fates = Counter(one.fate for one in evidence.attestations.values())
    return {name: sum(fates[fate] for fate in counted) for name, counted in COUNTED.items()}
