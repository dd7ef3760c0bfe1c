"""The product's own source, parsed: what its modules import, and what they give names to."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.chaos import ROOT

TOPS = ("harness", "systems", "chaos_harness")


def modules() -> list[Path]:
    """Return every module of the product, as paths from the root."""
    return sorted(path.relative_to(ROOT) for top in TOPS for path in (ROOT / top).rglob("*.py"))


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imports(module: Path) -> set[str]:
    """Return the full names of what a module imports when it runs; what is there for annotations alone is not."""
    return set(_imports(tree(module)))


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            yield from [module] if "." in module else (f"{module}.{alias.name}" for alias in child.names)
        yield from _imports(child)


def bound_names(module: Path) -> Iterator[str]:
    """Yield what a module gives names to: targets, parameters, functions and classes."""
    return filter(None, map(_bound, ast.walk(tree(module))))


def _bound(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.ExceptHandler(name=caught):
            return caught
    return None


def classes(module: Path) -> list[str]:
    return [node.name for node in ast.walk(tree(module)) if isinstance(node, ast.ClassDef)]
