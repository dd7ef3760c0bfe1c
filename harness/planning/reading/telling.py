"""Tells scenarios from the other YAML files that lie beside them."""

import re
from pathlib import Path

from harness.planning.reading.nodes import MappingNode, Page, compose

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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
