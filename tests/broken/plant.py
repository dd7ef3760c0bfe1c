"""A row of what is planted: the bug, the scenario that brings it out, and all that must move beside a healthy twin."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.chaos import ROOT

WITH_PLANTS = {"PYTHONPATH": str(ROOT / "tests" / "broken" / "installed")}
"""The environment of a program for which the planted systems are installed."""
HEALTHY, BROKEN = "healthy", "broken"
"""The labels of every scenario's two columns: the real system, and the one with the bug, with the same settings."""


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of a figure or a check, and why it follows from the bug.

    `to`: by how much more a metric counts than in the twin (less: negative), or the name of another one that moves by
    as much; or what a check says. None: it moves, by how much hangs on the moment or on the plan.
    """

    to: int | str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a real team made the bug: a public page."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A planted system. `caught_by` names the metric or the check that is there for the bug.

    `moves` holds that one and every other that follows from it by definition, and nothing else may move. `due` is the
    harm that the scenario's fault itself calls for, in the twin as well.
    """

    slug: str
    bug: str
    caught_by: str
    moves: Mapping[str, Move]
    scenario: str
    source: Source | None
    due: Mapping[str, int] = field(default_factory=dict)


def twins(slug: str, settings: str, rest: str, base: str = "sync") -> str:
    """Return a scenario with the planted system beside the one that it is built on, both with these settings."""
    columns = {HEALTHY: base, BROKEN: slug}
    blocks = [f"  {label}: {{system: {system}, {settings}}}" for label, system in columns.items()]
    return "\n".join([f"name: {slug}", "systems:", *blocks, rest])
