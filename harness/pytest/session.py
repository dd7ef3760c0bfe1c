"""A session of pytest with `--chaos`: which files are scenarios, and where the workers of pytest-xdist share runs."""

import shutil
import tempfile
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.planning.reading.telling import KEYS, SUFFIXES, is_recorded_run, is_scenario
from harness.pytest.items import ScenarioFile, ScenarioItem, shown
from harness.pytest.runs import Runs, run

MEETING = "chaos_meeting"
"""What the first process of a distributed session tells its workers: the folder where they share runs."""


class ChaosSession:
    """The hooks of a session that collects scenarios."""

    def __init__(self, config: pytest.Config) -> None:
        self._runs = _runs(config)
        self._ignored: list[str] = []
        self._meeting = ""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave the folders of recorded runs alone: the scenario in each has been run."""
        return True if is_recorded_run(collection_path) else None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect a YAML file that was named, or that has a scenario's keys."""
        if file_path.suffix not in SUFFIXES:
            return None
        if not parent.session.isinitpath(file_path) and not is_scenario(file_path):
            self._ignored.append(shown(file_path, parent.config))
            return None
        collector: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path, runs=self._runs)
        return collector

    def pytest_report_collectionfinish(self, config: pytest.Config) -> list[str]:
        """Say which YAML files were taken for something else."""
        ignored = self._ignored if config.get_verbosity() >= 0 else []
        return [f"chaos: no scenario, as it has none of the keys {', '.join(KEYS)}: {name}" for name in ignored]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give a failure the place that a person can mend."""
        report = yield
        if isinstance(item, ScenarioItem) and report.failed:
            item.place(report.longrepr)
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where all of them share runs."""
        if not self._meeting:
            self._meeting = tempfile.mkdtemp(prefix="chaos-pytest-")
        node.workerinput[MEETING] = self._meeting

    def pytest_unconfigure(self) -> None:
        """Remove what the workers shared; the runs' own folders stay."""
        if self._meeting:
            shutil.rmtree(self._meeting, ignore_errors=True)


def _runs(config: pytest.Config) -> Runs:
    option = config.option
    settings = {"--seed": option.chaos_seed, "--repeat": option.chaos_repeat}
    options = [part for key, value in settings.items() if value is not None for part in (key, str(value))]
    meeting = getattr(config, "workerinput", {}).get(MEETING)
    run_scenario = partial(run, out=Path(option.chaos_out), options=options, folder=config.invocation_params.dir)
    return Runs(run_scenario, Path(meeting) if meeting else None)
