"""Experiment: what became of the planned fault instances."""

from collections import Counter

from harness.metrics.evidence import Evidence
from harness.metrics.figure import Figures


def experiment(evidence: Evidence) -> Figures:
    """Count instances by fate; those not applicable or preempted were not planned for this system."""
    fates = Counter(one.fate for one in evidence.attestations.values())
    return {
        "faults_planned": fates["landed"] + fates["missed"],
        "faults_landed": fates["landed"],
        "faults_missed": fates["missed"],
        "faults_preempted": fates["preempted"],
    }
