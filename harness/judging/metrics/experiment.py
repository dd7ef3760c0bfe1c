"""Experiment: what became of the planned fault instances.

Those not applicable or preempted were not planned for this system.
"""

from collections.abc import Collection, Iterator
from functools import partial

from harness.faults.spec import Attestation, Fate
from harness.judging.evidence import Evidence
from harness.judging.metrics.measured import Measure, counted
from harness.judging.metrics.row import Row
from harness.judging.metrics.sources import fault_source

PLANNED: tuple[Fate, ...] = ("landed", "missed", "not yet due")
"""The fates of the instances that were planned for a system."""


def _with_fate(fates: Collection[Fate], evidence: Evidence) -> dict[str, Attestation]:
    return {fault: attestation for fault, attestation in evidence.attestations.items() if attestation.fate in fates}


def _rows(fates: Collection[Fate], evidence: Evidence) -> Iterator[Row]:
    for fault, attestation in _with_fate(fates, evidence).items():
        yield Row(f"fault {fault} {attestation.fate}: {attestation.detail}", fault_source(evidence, fault))


def _of_fates(*fates: Fate) -> Measure:
    return counted(partial(_with_fate, fates), partial(_rows, fates))


MEASURES: dict[str, Measure] = {
    "faults_planned": _of_fates(*PLANNED),
    "faults_landed": _of_fates("landed"),
    "faults_missed": _of_fates("missed"),
    "faults_preempted": _of_fates("preempted"),
}
