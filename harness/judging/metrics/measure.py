"""All figures of a repetition: every metric of the catalogue, measured on one Evidence."""

from collections.abc import Iterable, Mapping

from harness.catalogue import CATALOGUE, Metric
from harness.judging.evidence import Evidence
from harness.judging.metrics import cost, deploys, durability, effects, experiment, races, recovery, retries
from harness.judging.metrics.figure import Absent, Figure, Figures
from harness.judging.metrics.measured import Measure

GROUPS = (durability, effects, retries, recovery, deploys, races, cost, experiment)

OPEN_ENDED = frozenset({metric.name for metric in CATALOGUE.values() if metric.is_open_ended})
"""The figures that depend on what becomes of every ticket; the others count what has already happened."""


class CatalogueTorn(RuntimeError):
    """The rows of the catalogue and the functions of the groups do not belong together."""


class MetricBroken(RuntimeError):
    """A metric raised instead of giving its figure."""


def joined(catalogue: Mapping[str, Metric], groups: Iterable[Mapping[str, Measure]]) -> dict[str, Measure]:
    """Return the measure of every metric, in the catalogue's order.

    Raises CatalogueTorn for a metric without its function, a function without its row, a name that two groups have,
    and tickets that the catalogue wants listed of what counts none.
    """
    measures: dict[str, Measure] = {}
    for group in groups:
        if twice := sorted(measures.keys() & group.keys()):
            raise CatalogueTorn(f"measured in two groups: {', '.join(twice)}")
        measures |= group
    if missing := [name for name in catalogue if name not in measures]:
        raise CatalogueTorn(f"a row in the catalogue and no function in judging/metrics: {', '.join(missing)}")
    if unknown := [name for name in measures if name not in catalogue]:
        raise CatalogueTorn(f"a function in judging/metrics and no row in the catalogue: {', '.join(unknown)}")
    if bare := [name for name, metric in catalogue.items() if metric.listing and not measures[name].tickets]:
        raise CatalogueTorn(f"a list of tickets in the catalogue and no tickets in judging/metrics: {', '.join(bare)}")
    return {name: measures[name] for name in catalogue}


# At import: a metric without its rows would otherwise be noticed when somebody asks where a figure comes from.
MEASURES = joined(CATALOGUE, [group.MEASURES for group in GROUPS])


def measure_all(evidence: Evidence) -> Figures:
    """Return every figure of the catalogue, in its order."""
    return {
        name: Absent(why_open(evidence)) if is_open(name, evidence) else _figure(name, measure, evidence)
        for name, measure in MEASURES.items()
    }


def _figure(name: str, measure: Measure, evidence: Evidence) -> Figure:
    """Measure one; raises MetricBroken, which names it: a run is not judged by figures of which one is broken."""
    try:
        return measure.figure(evidence)
    except Exception as error:
        raise MetricBroken(f"the metric {name} broke: {type(error).__name__}: {error}") from error


def is_open(metric: str, evidence: Evidence) -> bool:
    """Say whether a figure does not exist because tickets that it depends on were still under way."""
    return metric in OPEN_ENDED and bool(evidence.under_way)


def why_open(evidence: Evidence) -> str:
    """Say why figures that depend on every ticket do not exist."""
    count = len(evidence.under_way)
    return f"the run ended early: {count} ticket{'s were' if count != 1 else ' was'} under way"
