"""Scenarios as tests: what is one, what each is told, and that a session runs it once."""

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.planning.reading.telling import is_scenario
from harness.pytest.runs import Runs
from harness.pytest.saying import ItemVerdict, of_expectation, of_experiment, tell
from harness.runfolder.result import CheckResult, Judged, Result
from harness.runfolder.run_summary import Ended
from tests.support.chaos import ROOT
from tests.support.reports import rendering
from tests.support.results import expectation, result, temporal

render = rendering("table")

OUT = Path("reports")
FOLDER = OUT / "20260101-000000-worker-kill-0000"
UNSEEN = CheckResult("faults_landed", "unknown", "fault 1 did not land")
CONTRADICTED = CheckResult("conservation", "invalid", "classes add up to 39")


def with_systems(*repetitions: Any, **changes: Any) -> Result:
    plain = result()
    return result(
        systems={"temporal": msgspec.structs.replace(plain.systems["temporal"], repetitions=repetitions)}, **changes
    )


def ran(code: int, found: Result | None, said: str = "") -> Ended:
    return Ended("scenarios/a.yaml", code, found, "" if found is None else str(OUT / found.run_id), said)


def acknowledged(**changes: Any) -> Any:
    return temporal(metrics={"submitted": 40, "acknowledged": 40}, **changes)


def test_the_plugin_costs_a_pytest_without_chaos_two_small_modules() -> None:
    program = (
        "import argparse, sys, pytest; before = set(sys.modules); import chaos_harness.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["chaos_harness", "chaos_harness.pytest_plugin"]


@pytest.mark.parametrize("word", ["pass", "fail", "unknown", "n/a"])
def test_an_expectation_says_its_verdict_and_the_values_it_was_judged_on(word: Any) -> None:
    one = expectation("temporal.lost == 0", word, Judged("temporal", 1, 2, "==", 0, word, "so it is"))
    said = of_expectation(result(expectations=(one,)), 0, "temporal.lost == 0")
    assert said.word == word
    assert len(said.lines) == 1
    assert "temporal.lost == 0" in said.lines[0]


@pytest.mark.parametrize(("index", "text"), [(0, "temporal.lost == 1"), (1, "temporal.lost == 0")])
def test_an_expectation_that_the_run_did_not_judge_is_unknown(index: int, text: str) -> None:
    assert of_expectation(result(), index, text).word == "unknown"


def test_a_valid_experiment_that_was_judged_passes() -> None:
    assert of_experiment(with_systems(acknowledged()), 1) == ItemVerdict("pass", ())


def test_an_overload_leaves_the_experiment_valid() -> None:
    checks = (CheckResult("canary", "valid", ""), CheckResult("headroom", "overloaded", "host CPU 97 %"))
    assert of_experiment(with_systems(acknowledged(checks=checks)), 1) == ItemVerdict("pass", ())


@pytest.mark.parametrize(
    ("found", "repeat", "expected"),
    [
        (
            with_systems(acknowledged(checks=(UNSEEN,))),
            1,
            ItemVerdict("unknown", ("unknown faults_landed on temporal: fault 1 did not land",)),
        ),
        (
            with_systems(acknowledged(checks=(UNSEEN, CONTRADICTED))),
            1,
            ItemVerdict(
                "fail",
                (
                    "INVALID conservation on temporal: classes add up to 39",
                    "unknown faults_landed on temporal: fault 1 did not land",
                ),
            ),
        ),
        (with_systems(acknowledged()), 2, ItemVerdict("unknown", ("unknown: temporal has 1 of 2 repetitions",))),
        (
            with_systems(temporal(took_up=False)),
            1,
            ItemVerdict("unknown", ("unknown: temporal took nothing up, which proves nothing",)),
        ),
        (
            with_systems(acknowledged(), expectations=()),
            1,
            ItemVerdict("unknown", ("unknown: nothing was judged, as the scenario has no `expect`",)),
        ),
        (
            result(systems={}),
            1,
            ItemVerdict("unknown", ("checks: none were made", "unknown: no system was run")),
        ),
    ],
    ids=[
        "a check is unknown",
        "a check is invalid",
        "too few repetitions",
        "nothing taken up",
        "no expect",
        "no system",
    ],
)
def test_an_experiment_is_never_green_where_something_is_missing(
    found: Result, repeat: int, expected: ItemVerdict
) -> None:
    assert of_experiment(found, repeat) == expected


def test_a_test_is_told_why_where_and_the_whole_table() -> None:
    judged = ItemVerdict("fail", ("FAIL it",))
    said = tell(ran(1, result()), lambda _: judged, "scenarios/a.yaml:31")
    assert said == ItemVerdict("fail", ("FAIL it", "scenarios/a.yaml:31", "", render(result(), folder=str(FOLDER))))


@pytest.mark.parametrize(
    ("broken", "lines"),
    [
        (ran(4, None, "the disk is full"), ("the run ended with exit code 4 and no result", "the disk is full")),
        (
            ran(4, result(status="broken", problem="the disk is full")),
            ("the run was broken: the disk is full", f"evidence: {FOLDER}"),
        ),
        (
            ran(130, result(status="interrupted")),
            ("the run was interrupted: exit code 130", f"evidence: {FOLDER}"),
        ),
        (ran(4, result()), ("the run was complete: exit code 4", f"evidence: {FOLDER}")),
    ],
)
def test_a_run_that_broke_is_unknown_whatever_it_would_have_been_judged(broken: Ended, lines: tuple[str, ...]) -> None:
    assert tell(broken, lambda _: ItemVerdict("pass", ()), "a.yaml:1") == ItemVerdict("unknown", lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\nload: {tickets: 2}\n", True),
        ("{name: a, expect: []}\n", True),
        ("name: a\nlaod: 1\nsystems: [sync]\n", True),
        ("name: a\nfaults:\n  - {kind: [worker_kill\n", True),
        ("name: a\nfaults: &a\n  - *b\n", True),
        ("name: a\nservices: {web: {expect: 1}}\n", False),
        ("a: {{ template }}\n  load: 1\n", False),
        ("a: 1\n---\nb: 2\n", False),
        ("- load\n", False),
        ("", False),
    ],
)
def test_a_scenario_is_told_by_its_keys_even_where_it_is_no_yaml(tmp_path: Path, text: str, *, expected: bool) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert is_scenario(path) is expected


def runs(meeting: Path | None, run: Callable[[Path], Ended]) -> Runs:
    return Runs(run, meeting)


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_scenario_is_run_once(tmp_path: Path, *, is_shared: bool) -> None:
    calls: list[Path] = []

    def run(scenario: Path) -> Ended:
        calls.append(scenario)
        return ran(0, result(), str(len(calls)))

    meeting = tmp_path / "meeting" if is_shared else None
    workers = [runs(meeting, run) for _ in range(2 if is_shared else 1)]
    seen = [worker.of(Path(f"/{name}.yaml")) for name in "aba" for worker in workers]
    assert calls == [Path(f"/{name}.yaml") for name in "ab"]
    assert {one.said for one in seen} == {"1", "2"}
    assert {one.result == result() for one in seen} == {True}


def test_the_lock_is_held_while_a_scenario_runs_and_the_next_takes_over_from_one_that_broke_off(tmp_path: Path) -> None:
    held = []

    def interrupted(_: Path) -> Ended:
        (place,) = tmp_path.glob("*.lock")
        with place.open("w") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.append(True)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs(tmp_path, interrupted).of(Path("/a.yaml"))
    assert held == [True]
    assert runs(tmp_path, lambda _: ran(0, None, "second")).of(Path("/a.yaml")).said == "second"
