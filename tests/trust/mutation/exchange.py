"""Puts a mutant in the place of the module: in its loaded functions, or where it is imported anew."""

import ast
import functools
import gc
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

OURS = ("harness", "systems", "chaos_harness", "tests", "benchmarks")
"""The packages of this repository: nothing of theirs may stay in memory from before the exchange."""


class NotExchangeable(RuntimeError):
    """The mutant's code cannot stand in a function that is already made: the module has to be imported anew."""


class Loaded:
    """The functions of a module as it is loaded, by their code."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._original = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
        self._functions: dict[CodeType, list[FunctionType]] = {}
        self._caches = our_caches()
        for value in gc.get_objects():
            if isinstance(value, FunctionType) and value.__code__.co_filename == str(path):
                self._functions.setdefault(value.__code__, []).append(value)

    def exchange(self, tree: ast.Module) -> None:
        """Give every function that differs the mutant's code; raises NotExchangeable where that is not enough."""
        changed = compile(tree, str(self._path), "exec", dont_inherit=True)
        pairs = [pair for pair in _pairs(self._original, changed) if pair[0] in self._functions]
        if not pairs:
            raise NotExchangeable(str(self._path))
        for before, after in pairs:
            for function in self._functions[before]:
                if len(before.co_freevars) != len(after.co_freevars):
                    raise NotExchangeable(before.co_qualname)
                function.__code__ = after
        # What the original answered must not stand for the mutant.
        for cache in self._caches:
            cache.cache_clear()


def _pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield each code that differs, with the mutant's: they are nested alike but where a function itself changed."""
    for inner, other in zip(_nested(before), _nested(after), strict=False):
        if inner.co_name != other.co_name:
            return
        if inner != other:
            yield inner, other
            yield from _pairs(inner, other)


def _nested(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def our_caches() -> "list[functools._lru_cache_wrapper[Any]]":
    """Return the caches of this repository's functions: what they know keeps a function from being run."""
    cached = functools._lru_cache_wrapper  # noqa: SLF001 - the type has no other name
    return [value for value in gc.get_objects() if isinstance(value, cached) and _is_ours(str(value.__module__))]


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in OURS


class Import(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Has one module imported from a mutant's tree; all of this repository is imported anew with it."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def install(self) -> None:
        """Forget this repository's modules, and stand before every other finder."""
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        if fullname != self._name:
            return None
        return spec_from_loader(fullname, self, origin=str(self._path), is_package=self._path.name == "__init__.py")

    def get_code(self, _fullname: str) -> CodeType:
        """Return the mutant's code."""
        return compile(self._tree, str(self._path), "exec", dont_inherit=True)

    def get_source(self, _fullname: str) -> None:
        """Return nothing: the source on disk is not the mutant's."""
