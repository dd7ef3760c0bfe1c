"""A suite tells how it goes: what begins, what ended, and that time passes; its command line prints it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.cli.run_options import RunOptions
from harness.cli.suite import run_all
from harness.processes import child_run
from harness.report.formats import json_report
from harness.runfolder.run_summary import Ended
from tests.support.results import result

Ran = tuple[int, bytes, bytes]


def ends_with(monkeypatch: pytest.MonkeyPatch, ran: Callable[[str], Ran]) -> None:
    """Let scenarios come to this without any process."""

    async def run(_suite: object, scenario: str) -> Ran:
        await asyncio.sleep(0)
        return ran(scenario)

    monkeypatch.setattr("harness.processes.child_run._Suite._run", run)


def passes(_scenario: str) -> Ran:
    return 0, msgspec.json.encode(result()), b""


class Heard:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.ticked = asyncio.Event()

    def begun(self, scenario: str) -> None:
        self.told.append(f"{scenario} begins")

    def ended(self, scenario: str, one: Ended) -> None:
        self.told.append(f"{scenario} ends with {one.code}")

    def tick(self) -> None:
        self.ticked.set()


def test_scenarios_begin_in_turn_as_slots_are_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ends_with(monkeypatch, passes)
    heard = Heard()
    child_run.run_suite(["a", "b"], tmp_path, [], 1, heard)
    assert heard.told == ["a begins", "a ends with 0", "b begins", "b ends with 0"]


def test_while_scenarios_run_it_is_told_that_time_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard = Heard()

    async def run(_suite: object, _scenario: str) -> Ran:
        async with asyncio.timeout(10):
            await heard.ticked.wait()
        return passes("a")

    monkeypatch.setattr(child_run, "TICK_S", 0.001)
    monkeypatch.setattr("harness.processes.child_run._Suite._run", run)
    child_run.run_suite(["a"], tmp_path, [], 1, heard)
    assert heard.told[-1] == "a ends with 0"


def test_lines_go_to_stderr_and_the_result_to_stdout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_with(monkeypatch, lambda name: passes(name) if name == "baseline" else (4, b"", b"no disk"))
    options = RunOptions((), None, None, tmp_path, "json", None, ())
    code, ended = run_all(["baseline", "storm"], options, 1)
    said = capsys.readouterr()
    assert (code, [one.code for one in ended]) == (4, [4, 0])
    assert said.out == f"{json_report.render_all([None, result()])}\n"
    lines = said.err.splitlines()
    assert lines[:4] == [
        "2 scenarios, 1 at a time",
        "[   0 s] 1/2 worker-kill: pass in 0 s",
        "[   0 s] 2/2 storm: exit 4 in 0 s",
        "    no disk",
    ]
    assert lines[4].startswith("    it left with exit code 4, and wrote no result: 0 bytes")
