"""The judge of what is planted: just what was named moved, beside a twin in which nothing is wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.catalogue import CATALOGUE
from tests.broken.plant import BROKEN, HEALTHY, WITH_PLANTS, Move, Plant
from tests.support.chaos import run_scenario

Value = int | str | None
COUNTS = tuple(metric.name for metric in CATALOGUE.values() if metric.kind == "count")
"""What is compared beside the checks: a time or a cost may differ between any two columns."""
HARMS = tuple(
    metric.name
    for metric in CATALOGUE.values()
    if metric.name in COUNTS
    and metric.better == "lower"
    and metric.group in {"durability", "effects", "races", "experiment"}
)
"""What must be nought in a healthy twin; its retries and what a fault broke open are no harm."""


def attempts(plant: Plant, folder: Path, times: int) -> list[list[str]]:
    """Run the scenario so often, and return each repetition's complaints: none where the bug alone was caught."""
    ran = run_scenario(folder, plant.scenario, "--repeat", str(times), env=WITH_PLANTS)
    repetitions = [ran.result["systems"][label]["repetitions"] for label in (HEALTHY, BROKEN)]
    return [complaints(plant, healthy, broken) for healthy, broken in zip(*repetitions, strict=True)]


def complaints(plant: Plant, healthy: Mapping[str, Any], broken: Mapping[str, Any]) -> list[str]:
    """Say what is otherwise than the plant names it, of one repetition of both columns."""
    before, after = _values(healthy), _values(broken)
    expected = {name: _expected(name, move, before, after) for name, move in plant.moves.items()}
    moved = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return [
        *_unwell(plant, healthy),
        *(f"{name} did not move: {before[name]} in both" for name in sorted(expected.keys() - moved)),
        *(f"{name} moved: {before.get(name)} → {after.get(name)}" for name in sorted(moved - expected.keys())),
        *(
            f"{name} moved otherwise: {before[name]} → {after[name]}, expected {expected[name]}"
            for name in sorted(moved & expected.keys())
            if expected[name] is not None and after[name] != expected[name]
        ),
    ]


def _values(repetition: Mapping[str, Any]) -> dict[str, Value]:
    """Return every count and every check's verdict by name; None where there is no such figure."""
    counts = {name: repetition["metrics"].get(name) for name in COUNTS}
    return counts | {check["name"]: check["verdict"] for check in repetition["checks"]}


def _expected(name: str, move: Move, before: Mapping[str, Value], after: Mapping[str, Value]) -> Value:
    """Return what a figure or a check is to be now; None where any other value will do."""
    by = _grown(str(move.to), before, after) if move.to in COUNTS else move.to
    was = before[name]
    return was + by if isinstance(by, int) and isinstance(was, int) else by


def _grown(name: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> Value:
    """Return by how much another metric moved."""
    was, now = before[name], after[name]
    return now - was if isinstance(was, int) and isinstance(now, int) else None


def _unwell(plant: Plant, healthy: Mapping[str, Any]) -> list[str]:
    """Name what is wrong with the twin: then nothing that moves beside it proves anything."""
    harm = {name: healthy["metrics"].get(name) or 0 for name in HARMS}
    doubts = [f"{c['name']} is {c['verdict']} in the twin" for c in healthy["checks"] if c["verdict"] != "valid"]
    return doubts + [f"{name} is {n} in the twin" for name, n in harm.items() if n != plant.due.get(name, 0)]
