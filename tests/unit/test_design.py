"""The page on the design names what there is: every package, each once, in the order in which imports may run."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.chaos import ROOT
from tests.support.sources import TOPS, imports, modules, tree

LINES = re.findall(r"^\| `([\w/]+)/` \|", (ROOT / "docs" / "design.md").read_text(), re.MULTILINE)
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def packages() -> list[str]:
    """Return the folders of all packages; those of two tops stand in the tops themselves."""
    found = [path.parent.relative_to(ROOT).as_posix() for top in TOPS for path in (ROOT / top).rglob("__init__.py")]
    return [name for name in found if name not in {"harness", "systems"}]


def layers(container: str) -> list[list[str]]:
    """Return the layers of a package, lowest first."""
    (one,) = (one for one in CONTRACTS if one.get("containers") == [container])
    return [re.split(r" [|:] ", layer) for layer in reversed(one["layers"])]


def test_every_package_has_one_line() -> None:
    assert sorted(LINES) == sorted(packages())


def test_a_room_stands_below_what_it_may_import() -> None:
    told = [line.removeprefix("harness/") for line in LINES if re.fullmatch(r"harness/\w+", line)]
    rank = {room: rank for rank, rooms in enumerate(layers("harness")) for room in rooms}
    assert told == sorted(told, key=rank.__getitem__)


def test_no_package_is_a_folder_of_loose_modules() -> None:
    """A module that stands beside the rooms belongs to all of them."""
    loose = sorted(path.stem for path in (ROOT / "harness").glob("*.py"))
    assert loose == ["__init__", "__main__", "catalogue", "decoding", "errors", "text"]


# -- what the page says of imports, beside the layers that `make lint` looks at

OF_MACHINES = {
    *("asyncio", "concurrent", "multiprocessing", "select", "selectors", "signal", "socket", "subprocess", "threading"),
    *("aiohttp", "http", "psutil", "requests", "urllib", "urllib3"),
    *("sched", "time"),
}
"""What processes, clocks and sockets are touched with."""
TOUCHES = {"processes", "execution", "live", "progress", "cli", "pytest", "__main__.py"}
BY_THEIR_NATURE = {
    "harness/judging/run.py": {"concurrent", "multiprocessing"},  # a large run is judged in forks of itself
    "harness/faults/spec.py": {"signal"},  # their names, not their sending
    "harness/faults/killing.py": {"asyncio", "signal"},
    "harness/faults/kinds/receiver_outage.py": {"asyncio"},
    "harness/faults/kinds/worker_kill.py": {"asyncio"},
    "harness/faults/pauses/pause_worker.py": {"asyncio"},
}
"""Faults wait where they inject; nothing else here has a clock."""
HEAVY = {"aiohttp", "flask", "jinja2", "plotly", "rich", "scipy", "sqlalchemy", "stamina", "tabulate", "temporalio"}


def pure() -> list[Path]:
    """Return the modules that are a function of values, and of the files that they read."""
    return [path for path in modules() if path.parts[0] == "harness" and path.parts[1] not in TOUCHES]


def roots(module: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(module)}


def saying_pure() -> list[Path]:
    """Return the modules whose docstring says so without a but; a package's speaks for all in it."""
    pages = {path: ast.get_docstring(tree(path)) or "" for path in modules()}
    saying = [
        path
        for path, text in pages.items()
        if re.search(r"\bPure\b(?! but)|\bpure (?:values|figures|walk|function)", text)
    ]
    saying.append(Path("harness/pytest/saying.py"))  # of which its package says so
    packages = [path.parent for path in saying if path.name == "__init__.py"]
    return [
        path
        for path in pages
        if path in saying or any(path.is_relative_to(at) for at in packages if "live" not in path.parts)
    ]


def files_in(module: Path) -> set[str]:
    """Return the calls of a module by which files are read or written."""
    called = (node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call))
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}
    return names & {"open", "read_text", "read_bytes", "write_text", "write_bytes", "glob", "rglob", "iterdir"}


def test_only_some_rooms_touch_processes_clocks_and_sockets() -> None:
    touching = {str(path): roots(path) & OF_MACHINES for path in pure()}
    assert {path: used for path, used in touching.items() if used - BY_THEIR_NATURE.get(path, set())} == {}


def test_what_says_that_it_is_pure_touches_no_machine_and_no_file() -> None:
    touching = {str(path): used for path in saying_pure() if (used := (roots(path) & OF_MACHINES) | files_in(path))}
    assert touching == {}


def test_the_desk_is_values_but_for_what_is_live() -> None:
    desk = [path for path in modules() if path.is_relative_to("systems/desk") and "live" not in path.parts]
    assert {str(path): used for path in desk if (used := roots(path) & (OF_MACHINES | HEAVY))} == {}


def test_pure_rooms_know_of_systems_their_desk_their_seams_and_the_registry_alone() -> None:
    seams = {"systems.system", "systems.settings", "systems.registry"}
    names = {name for path in pure() for name in imports(path) if name.partition(".")[0] == "systems"}
    assert sorted(name for name in names - seams if not re.fullmatch(r"systems\.desk(\.(?!live)\w+)?", name)) == []


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("harness.cli.main", set()),
        ("harness.cli.run", set()),
        ("harness.cli.report", set()),
        ("harness.report.formats", {"msgspec", "click"}),
        ("systems.sync.settings", set()),
        ("systems.temporal.settings", set()),
        ("chaos_harness.pytest_plugin", {"harness.planning", "harness.judging"}),
    ],
)
def test_what_is_imported_at_every_start_imports_nothing_heavy(module: str, also: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT)
    assert sorted((HEAVY | also) & set(done.stdout.split())) == []
