"""Which test runs which lines: recorded once over all tests, so that a mutant meets those alone that come past it."""

import sys
import time
from collections.abc import Collection
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pytest
from _pytest.runner import runtestprotocol

from tests.trust.mutation.exchange import our_caches
from tests.trust.record import ROOT


class TestLines(msgspec.Struct, frozen=True):
    """A test: how long it took, and the lines that it ran, by the module's path."""

    __test__ = False

    seconds: float
    lines: dict[str, list[int]]


Coverage = dict[str, TestLines]
"""The tests by their ids; under AT_IMPORT, what functions ran while everything was imported."""
AT_IMPORT = "(import)"


class Recorder:
    """Runs every test under a trace of the lines of some files; a pytest plugin."""

    def __init__(self, files: Collection[str]) -> None:
        self._files = {str(ROOT / file): file for file in files}
        self._ran: dict[str, set[int]] = {}
        self.coverage: Coverage = {}
        self.failed: list[str] = []

    def start(self) -> None:
        """Record what runs before any test: while modules are imported, and tests collected."""
        sys.settrace(self._called)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests in turn."""
        sys.settrace(None)
        self.coverage[AT_IMPORT] = TestLines(0.0, {file: sorted(ran) for file, ran in self._ran.items()})
        caches = our_caches()
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            for cache in caches:
                cache.cache_clear()
            self._ran = {}
            began = time.monotonic()
            sys.settrace(self._called)
            try:
                reports = runtestprotocol(item, log=False, nextitem=following)
            finally:
                sys.settrace(None)
            if any(report.failed for report in reports):
                self.failed.append(item.nodeid)
            lines = {file: sorted(ran) for file, ran in self._ran.items()}
            self.coverage[item.nodeid] = TestLines(time.monotonic() - began, lines)
        return True

    def _called(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        file = self._files.get(frame.f_code.co_filename)
        # What a module does by itself when it is imported is known without a record.
        if file is None or frame.f_code.co_name == "<module>":
            return None
        ran = self._ran.setdefault(file, set())
        ran.add(frame.f_lineno)

        def stepped(stepping: FrameType, _event: str, _arg: Any) -> Any:
            ran.add(stepping.f_lineno)
            return stepped

        return stepped


def covering(coverage: Coverage, file: str, lines: Collection[int]) -> list[str]:
    """Return the tests that run any of these lines; where none does, all that run the file.

    First those that run the fewest lines besides: they are about these, where others only pass by.
    """
    wanted = set(lines)
    of_file = [test for test, ran in coverage.items() if file in ran.lines and test != AT_IMPORT]
    near = [test for test in of_file if not wanted.isdisjoint(coverage[test].lines[file])]
    return sorted(near or of_file, key=lambda test: sum(map(len, coverage[test].lines.values())))


def runs_at_import(coverage: Coverage, file: str, lines: Collection[int]) -> bool:
    """Say whether any of these lines runs when the module is imported, or no test runs them at all."""
    at_import = coverage[AT_IMPORT].lines.get(file, ())
    in_tests = (ran.lines.get(file, ()) for test, ran in coverage.items() if test != AT_IMPORT)
    return not set(lines).isdisjoint(at_import) or all(set(lines).isdisjoint(ran) for ran in in_tests)


def save(coverage: Coverage, path: Path) -> None:
    """Write a record."""
    path.write_bytes(msgspec.json.encode(coverage))


def read(path: Path) -> Coverage:
    """Read a record."""
    return msgspec.json.decode(path.read_bytes(), type=Coverage)
