"""Builds the wheel: one package, `chaos_harness`, that holds the program, the systems and the bundled scenarios.

In the checkout `harness` and `systems` stand at the top, under names that a project may well have taken. In the wheel
they are inside `chaos_harness`, and each import of them gets its longer name on the way. What is started or looked up
by name computes the name from `__package__`, so imports are all that has to change.
"""

import ast
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "chaos_harness"
MOVED = ("harness", "systems")
PLACES = {PACKAGE: PACKAGE, **{top: f"{PACKAGE}/{top}" for top in MOVED}, "scenarios": f"{PACKAGE}/bundled"}
"""Where each folder of the checkout lands."""

_FROM = re.compile(rb"from\s+")


class OnePackage(BuildHookInterface[BuilderConfig]):
    """Hatchling's hook: says which files make the wheel. An editable install needs none, as it runs the checkout."""

    _written: str = ""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write what the wheel is to hold, and name each file's place in it."""
        if version == "editable":
            return
        self._written = tempfile.mkdtemp(prefix="chaos-wheel-")
        write(Path(self.root), Path(self._written))
        build_data["force_include"][str(Path(self._written) / PACKAGE)] = PACKAGE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's interface
        """Remove what was written for the wheel."""
        if self._written:
            shutil.rmtree(self._written)


def write(checkout: Path, to: Path) -> None:
    """Write the package of a checkout into the folder `to`."""
    for source, place in files(checkout):
        target = to / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)  # with its mode
        if source.suffix == ".py":
            target.write_bytes(moved(source.read_bytes(), str(source.relative_to(checkout))))


def files(checkout: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of the checkout that is shipped, and its place in the wheel."""
    for folder, place in PLACES.items():
        for path in sorted((checkout / folder).rglob("*")):
            within = path.relative_to(checkout / folder)
            is_hidden = any(part.startswith(".") or part == "__pycache__" for part in within.parts)
            if path.is_file() and not is_hidden:
                yield path, f"{place}/{within.as_posix()}"


def moved(source: bytes, file: str) -> bytes:
    """Return a module's source that imports `harness` and `systems` from inside the package; no other byte changes.

    Raises ValueError for `import harness…`, as the name that it binds would not be there any more.
    """
    lines = source.splitlines(keepends=True)
    for node in reversed(_imports(source)):  # from the back, so that places further on stay right
        line = lines[node.lineno - 1]
        found = _FROM.match(line, node.col_offset)
        if found is None:
            raise ValueError(f"{file}:{node.lineno}: expected `from harness import …`, found `{ast.unparse(node)}`")
        lines[node.lineno - 1] = line[: found.end()] + f"{PACKAGE}.".encode() + line[found.end() :]
    return b"".join(lines)


def _imports(source: bytes) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports of what moves, in the order of their places."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    named = [node for node in nodes if any(name.partition(".")[0] in MOVED for name in _modules(node))]
    return sorted(named, key=lambda node: (node.lineno, node.col_offset))


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules that are named from the top."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if node.module and node.level == 0 else []
