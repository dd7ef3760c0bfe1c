"""All figures of a repetition: every group of the catalogue, measured on one Evidence."""

from harness.metrics.cost import cost
from harness.metrics.durability import durability
from harness.metrics.effects import effects
from harness.metrics.evidence import Evidence
from harness.metrics.experiment import experiment
from harness.metrics.figure import Figures
from harness.metrics.races import races
from harness.metrics.recovery import recovery
from harness.metrics.retries import retries

GROUPS = (durability, effects, retries, recovery, races, cost, experiment)


def measure(evidence: Evidence) -> Figures:
    """Return every figure of the catalogue, in its order."""
    return {name: figure for group in GROUPS for name, figure in group(evidence).items()}
