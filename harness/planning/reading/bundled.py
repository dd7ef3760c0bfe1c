"""Bundled scenarios: found by name, in a checkout and in an installed wheel alike."""

from pathlib import Path

_TOP = Path(__file__).resolve().parents[3]
"""The checkout, or the installed package."""


def folder() -> Path:
    """Return where the bundled scenarios are."""
    installed = _TOP / "bundled"
    return installed if installed.is_dir() else _TOP / "scenarios"


def bundled() -> list[Path]:
    """Return the bundled scenario files by name."""
    return sorted(folder().glob("*.yaml"))


def locate(name: str) -> Path:
    """Turn SCENARIO, a path or a bundled name, into a path; one that exists comes first."""
    path = Path(name)
    if path.exists() or "/" in name or name.endswith((".yaml", ".yml")):
        return path
    named = folder() / f"{name}.yaml"
    return named if named.is_file() else path
