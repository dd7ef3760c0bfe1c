"""The environment of a run: versions and machine, so that a reader knows what two figures have in common."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from harness import __version__
from systems import registry

PACKAGES = ("sqlalchemy", "aiohttp", "h11", "psutil")


def environment() -> dict[str, Any]:
    """Return versions, cores, memory (bytes) and the load average of the last minute at the start."""
    return {
        "harness": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_1min": round(os.getloadavg()[0], 2),
        "packages": {name: _version(name) for name in (*_of_systems(), *PACKAGES)},
    }


def _of_systems() -> list[str]:
    """Return the distributions that single systems run on."""
    return [name for registration in registry.systems().values() for name in registration.packages]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
