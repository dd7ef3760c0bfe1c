"""Rows of the experiment: what became of each planned fault instance."""

from collections.abc import Collection, Iterator
from functools import partial

from harness.explaining.breakdown.row import Row, Unfold, fault_source
from harness.judging.evidence import Evidence
from harness.judging.metrics.experiment import COUNTED


def _fates(fates: Collection[str], evidence: Evidence) -> Iterator[Row]:
    for fault, one in evidence.attestations.items():
        if one.fate in fates:
            yield Row(f"fault {fault} {one.fate}: {one.detail}", fault_source(evidence, fault))


ROWS: dict[str, Unfold] = {name: partial(_fates, fates) for name, fates in COUNTED.items()}
