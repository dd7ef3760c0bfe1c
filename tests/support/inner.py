"""A pytest that a test runs, as somebody's own: nothing of the one around it is its."""

import os
from pathlib import Path

WITHOUT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Plugins of the environment that have no part in it; the second takes longer to load than all else."""


def surroundings(folder: Path) -> dict[str, str]:
    """Return the environment for it. Its temporary folders are in `folder`, where it finds none of others to remove."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return {**kept, "PYTEST_DEBUG_TEMPROOT": str(folder)}
