"""Tells scenarios from the other YAML files that lie beside them, and finds those of a folder."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UsageInvalid
from harness.planning.reading.nodes import MappingNode, Page, compose

SUFFIXES = frozenset({".yaml", ".yml"})
SKIPPED = frozenset({"build", "dist", "node_modules", "venv"})
"""Folders that pytest leaves alone too, as it does hidden ones."""
KEYS = ("load", "desk", "systems", "faults", "expect")
_LINE = re.compile(rf"^[\"']?({'|'.join(KEYS)})[\"']?\s*:", re.MULTILINE)


def is_scenario(path: Path) -> bool:
    """Say whether a file has a scenario's key at its top, or, where it is no YAML, a line that begins with one.

    So a scenario with a mistake in its YAML is one: it is to be an error, not to be passed over.
    """
    root = compose(path, Page(str(path)))
    if root is None:
        return _LINE.search(_text(path)) is not None
    return isinstance(root, MappingNode) and any(getattr(key, "value", "") in KEYS for key, _ in root.value)


def is_recorded_run(folder: Path) -> bool:
    """Say whether a folder holds a recorded run: the scenario in it has been run."""
    return all((folder / name).exists() for name in ("run.json", "plan.json"))


def scenarios_in(folder: Path) -> list[Path]:
    """Return the scenarios in a folder and below it, by path: those that pytest collects there."""
    return sorted(_walked(folder))


def expanded(names: tuple[str, ...]) -> tuple[str, ...]:
    """Put in a folder's place the scenarios that are in it; raises UsageInvalid where there are none."""
    scenarios: list[str] = []
    for name in names:
        inside = [str(path) for path in scenarios_in(Path(name))] if Path(name).is_dir() else [name]
        if not inside:
            raise UsageInvalid(f"{name}: expected a folder with scenarios, found none in it")
        scenarios += inside
    return tuple(dict.fromkeys(scenarios))


def _walked(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        parent = Path(place)
        # In place: `os.walk` goes down into what is left in this very list.
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in SKIPPED and not is_recorded_run(parent / name)
        ]
        yield from (path for name in names if (path := parent / name).suffix in SUFFIXES and is_scenario(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
