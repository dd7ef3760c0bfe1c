"""How many threads a system had, from the samples of its run."""

from collections.abc import Sequence
from pathlib import Path

from harness.history.run_records import Sample
from harness.judging.metrics.usage import ROLES, during_load
from harness.judging.run import begun, read_plan, recorded


def most_threads(folder: Path) -> dict[str, int | None]:
    """Return the most threads that workers and engine of each system were sampled with in its first repetition."""
    plan = read_plan(folder)
    return {label: largest(during_load(recorded(folder, plan, label, 1))) for label, of in begun(folder).items() if of}


def largest(samples: Sequence[Sample]) -> int | None:
    """Return the most threads of workers and engine together; None where no sample says."""
    counts = [sum(sample.threads.get(role, 0) for role in ROLES) for sample in samples if sample.threads is not None]
    return max(counts, default=None)
