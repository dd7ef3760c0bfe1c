"""Where this program's own package lies, and how a child process finds it, whichever folder it runs in."""

import os
import site
from pathlib import Path


def root() -> Path:
    """Return the folder that this program is imported from: a checkout, or an environment's site-packages."""
    return Path(__file__).resolve().parents[__name__.count(".")]


def environment() -> dict[str, str]:
    """Let a child import what this process runs, before all of the same name, and nothing from its working directory.

    Python finds site-packages by itself, after its own library; before that, a module there could hide one of it.
    """
    inherited = [os.path.abspath(part) for part in _inherited()]  # noqa: PTH100 - a link stays the link that it is
    site_packages = {Path(part).resolve() for part in [*site.getsitepackages(), site.getusersitepackages()]}
    ours = [] if root() in site_packages else [str(root())]
    path = os.pathsep.join(dict.fromkeys(ours + inherited))
    without = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**without, **({"PYTHONPATH": path} if path else {}), "PYTHONSAFEPATH": "1"}


def _inherited() -> list[str]:
    """Return the parts of PYTHONPATH; an empty one is the working directory, an empty variable none."""
    whole = os.environ.get("PYTHONPATH", "")
    return whole.split(os.pathsep) if whole else []
