"""All figures of a repetition: every group of the catalogue, measured on one Evidence."""

from harness.judging.evidence import Evidence
from harness.judging.metrics.cost import cost
from harness.judging.metrics.durability import durability
from harness.judging.metrics.effects import effects
from harness.judging.metrics.experiment import experiment
from harness.judging.metrics.figure import Absent, Figures
from harness.judging.metrics.races import races
from harness.judging.metrics.recovery import recovery
from harness.judging.metrics.retries import retries

GROUPS = (durability, effects, retries, recovery, races, cost, experiment)

OPEN_ENDED = frozenset(
    {
        *("indeterminate", "rejected", "unserved"),
        *("lost", "lost_acknowledged", "lost_unacknowledged", "abandoned", "vanished"),
        *("effects_unsent", "wasted_seconds", "agents_leaked"),
        *("recovered", "unresumed", "unrecovered", "unavailable", "drain"),
        *(f"{family}_{name}" for family in ("resume", "recovery", "delay") for name in ("p50", "p95", "max")),
        *("latency_p50", "latency_p95", "latency_p99", "ack_p95", "throughput"),
        *("cpu_seconds", "engine_cpu_seconds", "cpu_per_ticket", "host_cpu", "harness_cpu_seconds"),
    }
)
"""The figures that depend on what becomes of every ticket; the others count what has already happened."""


def measure(evidence: Evidence) -> Figures:
    """Return every figure of the catalogue, in its order."""
    found = {name: figure for group in GROUPS for name, figure in group(evidence).items()}
    return found | {name: Absent(why_open(evidence)) for name in OPEN_ENDED if evidence.under_way}


def is_open(metric: str, evidence: Evidence) -> bool:
    """Say whether a figure does not exist because tickets that it depends on were still under way."""
    return metric in OPEN_ENDED and bool(evidence.under_way)


def why_open(evidence: Evidence) -> str:
    """Say why figures that depend on every ticket do not exist."""
    count = len(evidence.under_way)
    return f"the run ended early: {count} ticket{'s were' if count != 1 else ' was'} under way"
