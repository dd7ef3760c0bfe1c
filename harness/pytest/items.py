"""A scenario's file as tests: `experiment`, then its expectations by their text, each at its line.

A test's set-up waits for the run, so that pytest shows as an error what is not known, and as a failure what does not
hold.
"""

import os
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioInvalid
from harness.planning.reading import read
from harness.planning.scenario import Scenario
from harness.pytest.runs import Runs
from harness.pytest.saying import ItemVerdict, of_expectation, of_experiment, tell
from harness.runfolder.result import Result
from harness.text import printable

LONGEST_NAME = 200


class ScenarioFile(pytest.File):
    """A scenario as it takes effect in this session, whose options may set another seed and number of repetitions."""

    def __init__(self, *, runs: Runs, **given: Any) -> None:
        super().__init__(**given)
        self.runs = runs

    def collect(self) -> Iterator[pytest.Item]:
        """Read and check the file; one with mistakes is an error that names them all."""
        option = self.config.option
        try:
            scenario, _ = read(str(self.path), seed=option.chaos_seed, repeat=option.chaos_repeat)
        except ScenarioInvalid as invalid:
            mistakes = [replace(mistake, file=shown(self.path, self.config)) for mistake in invalid.mistakes]
            raise self.CollectError(str(ScenarioInvalid(mistakes))) from None
        shared = {"runs": self.runs, "repeat": scenario.repeat}
        yield ExperimentItem.from_parent(self, name="experiment", line=1, **shared)
        for index, (name, expectation) in enumerate(zip(_names(scenario), scenario.expect, strict=True)):
            yield ExpectationItem.from_parent(
                self, name=name, line=expectation.line, index=index, text=expectation.text, **shared
            )


def shown(path: Path, config: pytest.Config) -> str:
    """Return a path as the person who started pytest would write it: relative, where that leads downwards."""
    started_in = config.invocation_params.dir
    return str(path.relative_to(started_in) if path.is_relative_to(started_in) else path)


def _names(scenario: Scenario) -> Iterator[str]:
    """Yield each expectation's name: its text, with its line where the text stands twice."""
    names = [printable(expectation.text, LONGEST_NAME) for expectation in scenario.expect]
    for name, expectation in zip(names, scenario.expect, strict=True):
        yield name if names.count(name) == 1 else f"{name} (line {expectation.line})"


class ScenarioItem(pytest.Item):
    """A test of a scenario, at `line` of its file."""

    def __init__(self, *, line: int, repeat: int, runs: Runs, **given: Any) -> None:
        super().__init__(**given)
        self.line = line
        self.repeat = repeat
        self.shown = shown(self.path, self.config)
        self._runs = runs
        self._verdict: ItemVerdict | None = None
        self.add_marker("chaos")
        if self.config.pluginmanager.hasplugin("xdist"):
            # A scenario's tests share one run: on several workers, all but one would only wait for it.
            self.add_marker(pytest.mark.xdist_group(os.path.relpath(self.path, self.config.rootpath)))

    @abstractmethod
    def judge(self, result: Result) -> ItemVerdict:
        """Say what the run means for this test."""

    def setup(self) -> None:
        """Wait for the run, and judge it; the test ends here where the answer is not known."""
        ran = self._runs.of(self.path)
        if ran.result is not None:
            self.user_properties.append(("chaos_run", ran.folder))
        self._verdict = verdict = tell(ran, self.judge, f"{self.shown}:{self.line}")
        if verdict.word == "unknown":
            pytest.fail("\n".join(verdict.lines), pytrace=False)
        if verdict.word == "n/a":
            pytest.skip(verdict.lines[0])

    def runtest(self) -> None:
        """Fail what does not hold."""
        if self._verdict is not None and self._verdict.word == "fail":
            pytest.fail("\n".join(self._verdict.lines), pytrace=False)

    def place(self, failure: Any) -> None:
        """Let a failure's summary stand at this test's line of the scenario: no line of this program explains it."""
        crash = getattr(failure, "reprcrash", None)
        if crash is not None and self._verdict is not None:
            crash.path, crash.lineno, crash.message = self.shown, self.line, self._verdict.lines[0]

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands; pytest counts lines from 0."""
        return self.path, self.line - 1, f"{self.path.stem}: {self.name}"


class ExperimentItem(ScenarioItem):
    """The checks of the experiment: whether what the figures rest on really happened."""

    def judge(self, result: Result) -> ItemVerdict:
        """Say whether the experiment is valid."""
        return of_experiment(result, self.repeat)


class ExpectationItem(ScenarioItem):
    """One line of `expect:`."""

    def __init__(self, *, index: int, text: str, **given: Any) -> None:
        super().__init__(**given)
        self._index = index
        self._text = text

    def judge(self, result: Result) -> ItemVerdict:
        """Say whether the expectation holds; one that is run without `experiment` answers for that, too."""
        verdict = of_expectation(result, self._index, self._text)
        if verdict.word != "pass" or self._is_experiment_selected():
            return verdict
        experiment = of_experiment(result, self.repeat)
        return verdict if experiment.word == "pass" else experiment

    def _is_experiment_selected(self) -> bool:
        return any(isinstance(item, ExperimentItem) and item.path == self.path for item in self.session.items)
