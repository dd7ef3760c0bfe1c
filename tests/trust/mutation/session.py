"""The process that tries mutants: `python -m tests.trust.mutation.session record|try …`.

It collects the tests once. Each mutant is tried in a fork of it, with the tests that run the mutant's lines, until one
of them fails; so a mutant costs a few milliseconds, and none can spoil the next.
"""

import contextlib
import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import click
import msgspec
import pytest
from _pytest.runner import runtestprotocol

from tests.trust.mutation.exchange import Import, Loaded, NotExchangeable
from tests.trust.mutation.lines import Coverage, Recorder, covering, read, runs_at_import, save
from tests.trust.mutation.mutant import Mutant, Source
from tests.trust.mutation.scope import MODULES, TESTS
from tests.trust.mutation.tried import Fate, Tried
from tests.trust.record import ROOT

QUIET = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no")
SLOWER = 10.0
"""So many times as long as a test takes by itself it may take under a mutant, and as many seconds more."""
ALL_AGAIN_S = 120.0
"""So long all tests together may take where everything is imported anew."""
SURVIVED, KILLED, IMPORT_ANEW = 0, 1, 3
WARMING = 20
MOST_TESTS = 400
"""So many tests a mutant meets at most: a number, not a time, so that the same ones survive on every machine."""
Report = Callable[[str], None]
"""Tells the parent which test killed."""


@click.group()
def main() -> None:
    """Record which tests run which lines, and try mutants."""


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("scratch", type=click.Path(path_type=Path))
def record(target: Path, scratch: Path) -> None:
    """Run all tests once, and write which lines each of them runs; fail where one of them fails."""
    recorder = Recorder(MODULES)
    recorder.start()
    code = pytest.main([*_arguments(scratch), *TESTS], plugins=[recorder, SameExamples()])
    if code or recorder.failed or not recorder.coverage:
        click.echo(f"pytest ended with {code}; failed: {', '.join(recorder.failed) or 'none'}", err=True)
        sys.exit(1)
    save(recorder.coverage, target)


@main.command(name="try")
@click.argument("module")
@click.argument("coverage", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("scratch", type=click.Path(path_type=Path))
def try_module(module: str, coverage: Path, target: Path, scratch: Path) -> None:
    """Try every mutant of a module, and write what became of each."""
    trial = Trial(module, read(coverage))
    trial.preload(scratch)
    for mutant in trial.left_over:
        trial.tried.append(trial.imported_anew(mutant, scratch))
    target.write_bytes(msgspec.json.encode(trial.tried))


class SameExamples:
    """Has Hypothesis draw the same examples for every mutant, remember none, and not search for smaller ones."""

    def pytest_configure(self) -> None:
        """Choose how examples are drawn, before any test is collected."""
        from hypothesis import Phase, settings  # noqa: PLC0415 - pytest has to import it first, to rewrite its asserts

        drawn = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=drawn)
        settings.load_profile("mutants")


def _arguments(scratch: Path) -> list[str]:
    return [*QUIET, f"--rootdir={ROOT}", f"--basetemp={scratch}", "-o", "tmp_path_retention_policy=none"]


class Trial:
    """The mutants of one module, with the tests that may kill them; a pytest plugin while tests are collected."""

    def __init__(self, module: str, coverage: Coverage) -> None:
        self._path, self._module, self._coverage = ROOT / module, module, coverage
        self._source = Source(self._path.read_text(encoding="utf-8"))
        self._kills: Counter[str] = Counter()
        self.tried: list[Tried] = []
        self.left_over: list[Mutant] = []

    def preload(self, scratch: Path) -> None:
        """Collect the tests that run the module, and try the mutants that can be exchanged in place."""
        of_module = covering(self._coverage, self._module, ())
        files = sorted({test.partition("::")[0] for test in of_module})
        pytest.main([*_arguments(scratch), *files], plugins=[self, SameExamples()])

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try mutants in place of the collected tests."""
        items = {item.nodeid: item for item in session.items}
        for test in self._tests_of(())[:WARMING]:
            runtestprotocol(items[test], log=False, nextitem=None)  # what is imported late is there then
        loaded = Loaded(self._path)
        gc.freeze()  # a collection in a fork would touch, and so copy, all that is there
        for mutant in self._source.mutants:
            is_late = mutant.in_function and not runs_at_import(self._coverage, self._module, mutant.lines)
            fate = self._exchanged(mutant, items, loaded) if is_late else None
            if fate is None:
                self.left_over.append(mutant)
            else:
                self.tried.append(fate)
        return True

    def _exchanged(self, mutant: Mutant, items: Mapping[str, pytest.Item], loaded: Loaded) -> Tried | None:
        """Try a mutant in the place of the loaded function; None where that cannot be."""
        tests = self._tests_of(mutant.lines)

        def attempt(report: Report) -> int:
            try:
                loaded.exchange(self._source.tree(mutant))
            except NotExchangeable:
                return IMPORT_ANEW
            killer = _first_failing([(items[test], self._coverage[test].seconds) for test in tests])
            report(killer)
            return KILLED if killer else SURVIVED

        code = self._forked(attempt)
        return None if code == IMPORT_ANEW else _tried(mutant, code, tests)

    def _tests_of(self, lines: Collection[int]) -> list[str]:
        """Return the tests that a mutant of these lines meets, MOST_TESTS of them.

        Those first that have killed most, as mutants of a place are alike.
        """
        tests = covering(self._coverage, self._module, lines)
        return sorted(tests, key=lambda test: -self._kills[test])[:MOST_TESTS]

    def imported_anew(self, mutant: Mutant, scratch: Path) -> Tried:
        """Try a mutant of what runs at import, with everything imported anew."""
        tests = self._tests_of(mutant.lines)
        name = self._module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

        def attempt(_report: Report) -> int:
            Import(name, self._path, self._source.tree(mutant)).install()
            return KILLED if pytest.main([*_arguments(scratch), "-x", *tests], plugins=[SameExamples()]) else SURVIVED

        return _tried(mutant, self._forked(attempt), tests)

    def _forked(self, attempt: Callable[[Report], int]) -> int:
        """Return what an attempt returns in a fork, negative where it was ended by a signal."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            _in_child(lambda: attempt(lambda killer: _write(writing, killer)))
        os.close(writing)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # what the tests started, and a mutant kept them from ending
        with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor has no path
            self._kills[pipe.read()] += 1
        return os.waitstatus_to_exitcode(status)


def _write(descriptor: int, text: str) -> None:
    os.write(descriptor, text.encode())


def _in_child(attempt: Callable[[], int]) -> None:
    """Work in the child and leave it; an alarm that nobody handles ends it when its time is up."""
    code = KILLED
    try:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, ALL_AGAIN_S)
        code = attempt()
    except BaseException:  # noqa: BLE001, S110 - however it broke, the original does not
        pass
    finally:
        os._exit(code)


def _first_failing(timed: Sequence[tuple[pytest.Item, float]]) -> str:
    """Run tests, each with the seconds that it takes by itself, until one fails; return its id, empty if all passed."""
    following = [*(item for item, _ in timed[1:]), None]
    for (item, takes_s), next_item in zip(timed, following, strict=False):
        signal.setitimer(signal.ITIMER_REAL, SLOWER + SLOWER * takes_s)
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=next_item)):
            return item.nodeid
    return ""


def _tried(mutant: Mutant, code: int, tests: Sequence[str]) -> Tried:
    fate: Fate = "survived" if code == SURVIVED else "timed out" if code == -signal.SIGALRM else "killed"
    return Tried(mutant.key, mutant.operator, mutant.lines.start, fate, len(tests))


if __name__ == "__main__":
    main()
