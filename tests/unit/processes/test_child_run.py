"""What a run in a process of its own came to; how a suite of them goes: what begins, ended, and that time passes."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.cli.run_options import RunOptions
from harness.cli.suite import run_all
from harness.errors import Interrupted
from harness.processes import child_run
from harness.report.formats import json_report
from harness.runfolder.run_summary import Ended
from tests.support.reports import suite
from tests.support.results import result

Ran = tuple[int, bytes, bytes]


def ends_with(monkeypatch: pytest.MonkeyPatch, ran: Callable[[str], Ran]) -> None:
    """Let scenarios come to this without any process."""

    async def output(arguments: Sequence[str], **_: object) -> Ran:
        await asyncio.sleep(0)
        return ran(arguments[1])

    monkeypatch.setattr(child_run, "_output", output)


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

    async def output(_: Sequence[str], **__: object) -> Ran:
        async with asyncio.timeout(10):
            await heard.ticked.wait()
        return passes("a")

    monkeypatch.setattr(child_run, "TICK_S", 0.001)
    monkeypatch.setattr(child_run, "_output", output)
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
    assert said.out == json_report.render_suite(suite(None, result()))
    lines = said.err.splitlines()
    assert lines[:4] == [
        "2 scenarios, 1 at a time",
        "[   0 s] 1/2 worker-kill: pass in 0 s",
        "[   0 s] 2/2 storm: exit 4 in 0 s",
        "    no disk",
    ]
    assert lines[4].startswith("    it left with exit code 4, and wrote no result: 0 bytes")


def test_a_run_is_its_result_or_else_its_error_or_else_its_last_words_and_how_it_left() -> None:
    found = result()
    whole = child_run.ended_run("a.yaml", Path("out"), 1, msgspec.json.encode(found), "[ 0 s] one: load\n", 2.0)
    assert whole == Ended("a.yaml", 1, found, f"out/{found.run_id}", "", 2.0)
    refused = child_run.ended_run(
        "a.yaml", Path("out"), 4, b"", "[ 0 s] one: load\nerror: no disk\nand no error: none\n"
    )
    assert refused == Ended("a.yaml", 4, None, said="no disk\nand no error: none")
    killed = child_run.ended_run("a.yaml", Path("out"), -9, b"{", "[ 0 s] one: load\n")
    assert (killed.code, killed.result) == (-9, None)
    assert killed.said.startswith("[ 0 s] one: load\nit died by SIGKILL, and wrote no result: 1 bytes, b'{', ")


@pytest.mark.parametrize(("code", "counts"), [(0, 4), (2, 4), (-9, 4), (4, 4), (130, 130)])
def test_a_scenario_without_a_result_has_broken_a_suite_unless_it_was_interrupted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, counts: int
) -> None:
    ends_with(monkeypatch, lambda _: (code, b"", b""))
    heard = Heard()
    child_run.run_suite(["a"], tmp_path, [], 1, heard)
    assert heard.told == ["a begins", f"a ends with {counts}"]


def test_an_interrupted_suite_waits_until_each_of_its_runs_has_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    undone: list[str] = []

    async def output(arguments: Sequence[str], **_: object) -> Ran:
        try:
            await asyncio.sleep(0 if arguments[1] == "a" else 30)
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(30)
        finally:
            for _step in range(len(arguments[1]) * 10):  # the one takes longer than the other
                await asyncio.sleep(0)
            undone.append(arguments[1])
        raise AssertionError

    monkeypatch.setattr(child_run, "_output", output)
    with pytest.raises(Interrupted, match="records are kept"):
        child_run.run_suite(["a", "longer"], tmp_path, [], 2, Heard())
    assert undone == ["a", "longer"]
