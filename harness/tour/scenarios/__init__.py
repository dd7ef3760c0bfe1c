"""The scenarios of the acts, a file each."""

from pathlib import Path


def scenario_file(name: str) -> Path:
    """Return the file of a scenario."""
    return Path(__file__).parent / f"{name}.yaml"
