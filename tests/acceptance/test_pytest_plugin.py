"""Scenarios as tests of pytest: a pytest of its own, real runs, and the outcomes that its JUnit report names."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.acceptance.test_bad_luck import has_load_begun, slow
from tests.support.chaos import ROOT, alive, descendants, wait_for, write_scenario
from tests.support.inner import WITHOUT, surroundings

MIXED = """
    name: NAME
    load: {tickets: 2, arrival: all_at_once}
    desk: {step_time: 1ms}
    systems: {sync: {system: sync, processes: 1}}
    expect:
      - "sync.finished == 2"
      - "sync.finished == 3"
      - "sync.resume_p95 < 5s"
"""
OF_MIXED = {
    "experiment": "passed",
    "sync.finished == 2": "passed",
    "sync.finished == 3": "failure",
    "sync.resume_p95 < 5s": "error",
}
NEVER_LANDS = """
    name: never-lands
    load: {tickets: 2, arrival: all_at_once}
    desk: {step_time: 1ms}
    systems: {sync: {system: sync, processes: 1}}
    faults:
      - {kind: worker_kill, when: {after: 600s}}
    expect: ["sync.finished == 2"]
"""
NOTHING_EXPECTED = MIXED[: MIXED.index("    expect")].replace("NAME", "nothing-expected")


@dataclass(frozen=True)
class Session:
    code: int
    out: str
    outcomes: dict[str, str]


def pytest_argv(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *WITHOUT, "--strict-markers", *arguments]


def run_pytest(folder: Path, *arguments: str, timeout_s: float = 300) -> Session:
    report = folder / "junit.xml"
    done = subprocess.run(
        pytest_argv("-W", "error", "-ra", f"--junitxml={report}", *arguments),
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )
    assert done.stderr == "" or done.stderr.startswith("ERROR: "), done.stderr
    cases = ET.parse(report).iter("testcase") if report.exists() else ()  # noqa: S314 - this pytest wrote it
    outcomes = {f"{case.get('classname')}::{case.get('name')}": outcome(case) for case in cases}
    return Session(done.returncode, done.stdout + done.stderr, outcomes)


def outcome(case: ET.Element) -> str:
    return next((child.tag for child in case if child.tag in {"failure", "error", "skipped"}), "passed")


def run_folders(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("reports/2*/run.json"))


@pytest.mark.parametrize(
    "distributed",
    [
        (),
        pytest.param(("-n", "2"), marks=pytest.mark.soak),
        pytest.param(("-n", "2", "--dist", "loadgroup"), marks=pytest.mark.soak),
    ],
    ids=["alone", "-n 2", "loadgroup"],
)
def test_every_expectation_is_a_test_every_scenario_is_run_once_and_nothing_is_green_that_nobody_knows(
    tmp_path: Path, distributed: Sequence[str]
) -> None:
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    for name, text in (("one", MIXED), ("never-lands", NEVER_LANDS), ("nothing-expected", NOTHING_EXPECTED)):
        write_scenario(scenarios, text.replace("NAME", name), f"{name}.yaml")
    tested = run_pytest(tmp_path, "scenarios", "--chaos", *distributed)
    assert tested.code == 1, tested.out
    seen = {name.partition("@")[0]: word for name, word in tested.outcomes.items()}  # loadgroup names the group, too
    expected = {f"one.yaml::{test}": word for test, word in OF_MIXED.items()}
    expected |= {"never-lands.yaml::experiment": "error", "never-lands.yaml::sync.finished == 2": "passed"}
    expected |= {"nothing-expected.yaml::experiment": "error"}
    assert seen == {f"scenarios.{test}": word for test, word in expected.items()}, tested.out
    assert len(run_folders(tmp_path)) == 3
    assert "FAIL sync.finished == 3 [sync 2 == 3 FAIL]\nscenarios/one.yaml:8\n" in tested.out
    assert "unknown sync.resume_p95 < 5s [sync – < 5.0 s unknown (" in tested.out
    assert "verdict fail: 1 of 3 expectations hold, 1 FAIL, 1 unknown" in tested.out  # the table
    assert "unknown faults_landed on sync: " in tested.out
    assert "nothing was judged, as the scenario has no `expect`" in tested.out
    assert "Traceback" not in tested.out


def test_without_chaos_a_yaml_file_is_no_test(tmp_path: Path) -> None:
    write_scenario(tmp_path, MIXED.replace("NAME", "one"), "one.yaml")
    tested = run_pytest(tmp_path)
    assert (tested.code, tested.outcomes) == (pytest.ExitCode.NO_TESTS_COLLECTED, {})
    assert "collected 0 items" in tested.out


def test_a_scenario_with_mistakes_is_a_collection_error_that_names_them_all(tmp_path: Path) -> None:
    text = MIXED.replace("NAME", "wrong").replace("sync.finished == 3", "sync.finishd == 3").replace("1ms", "1")
    write_scenario(tmp_path, text, "wrong.yaml")
    write_scenario(tmp_path, "name: a\nfaults: [\n", "torn.yaml")
    tested = run_pytest(tmp_path, "--chaos")
    assert tested.code == pytest.ExitCode.INTERRUPTED, tested.out
    assert "2 errors during collection" in tested.out
    assert "\nwrong.yaml:4:19: desk.step_time: expected " in tested.out
    assert "\nwrong.yaml:8:11: unknown metric 'finishd' (did you mean finished?)" in tested.out
    assert "\ntorn.yaml:3:1: not YAML: " in tested.out
    assert "Traceback" not in tested.out
    assert not (tmp_path / "reports").exists()


def test_other_yaml_is_left_alone_unless_it_is_named_and_recorded_runs_are_no_tests(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yaml").write_text("services: {web: {image: nginx}}\n")
    record = tmp_path / "reports" / "20260101-000000-one-0000"
    record.mkdir(parents=True)
    for name in ("run.json", "plan.json"):
        (record / name).write_text("{}")
    write_scenario(record, MIXED.replace("NAME", "one"))
    beside = run_pytest(tmp_path, "--chaos", "--collect-only")
    assert beside.code == pytest.ExitCode.NO_TESTS_COLLECTED, beside.out
    assert "expect: docker-compose.yaml" in beside.out
    named = run_pytest(tmp_path, "--chaos", "docker-compose.yaml")
    assert named.code == pytest.ExitCode.INTERRUPTED
    assert "docker-compose.yaml:1:1: " in named.out
    assert "a compose file of Docker" in named.out


def test_tests_are_chosen_by_marker_keyword_and_line(tmp_path: Path) -> None:
    write_scenario(tmp_path, MIXED.replace("NAME", "one").replace("== 3", "== 2"), "one.yaml")
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass\n")
    marked = run_pytest(tmp_path, "--chaos", "-m", "chaos", "--collect-only", "-q")
    assert marked.out.split("\n\n")[0].splitlines() == [
        "one.yaml::experiment",
        "one.yaml::sync.finished == 2 (line 7)",  # the same text twice: told apart by the line
        "one.yaml::sync.finished == 2 (line 8)",
        "one.yaml::sync.resume_p95 < 5s",
    ]
    chosen = run_pytest(tmp_path, "--chaos", "-k", "resume_p95 or plain", "--collect-only", "-q")
    assert chosen.out.split("\n\n")[0].splitlines() == ["one.yaml::sync.resume_p95 < 5s", "test_plain.py::test_plain"]


def test_an_expectation_that_is_run_alone_answers_for_the_experiment_with_the_seed_and_repetitions_given(
    tmp_path: Path,
) -> None:
    two = NEVER_LANDS.replace('["sync.finished == 2"]', '["sync.finished == 2", "sync.finished == 3"]')
    write_scenario(tmp_path, two, "never-lands.yaml")
    given = ("--chaos-seed", "7", "--chaos-repeat", "2", "--chaos-out", "there/runs")
    tested = run_pytest(tmp_path, "--chaos", *given, "never-lands.yaml::sync.finished == 2")
    assert tested.outcomes == {"never-lands.yaml::sync.finished == 2": "error"}
    assert "unknown faults_landed on sync (all 2 repetitions): " in tested.out
    assert "sync (all 2 repetitions) 2 == 3 FAIL" in tested.out
    (result,) = (tmp_path / "there" / "runs").glob("2*/result.json")
    assert json.loads(result.read_text())["seed"] == 7


def test_a_run_that_breaks_is_an_error_of_each_test_with_its_message(tmp_path: Path) -> None:
    write_scenario(tmp_path, MIXED.replace("NAME", "one"), "one.yaml")
    (tmp_path / "taken").write_text("a file, not a folder")
    tested = run_pytest(tmp_path, "--chaos", "--chaos-out", "taken")
    assert set(tested.outcomes.values()) == {"error"}
    assert len(tested.outcomes) == len(OF_MIXED)
    assert "the run ended with exit code 4 and no result\ncannot write the run's folder taken/" in tested.out
    assert "Traceback" not in tested.out


@pytest.mark.soak
@pytest.mark.parametrize("distributed", [(), ("-n", "2")], ids=["alone", "-n 2"])
def test_an_interrupted_pytest_ends_its_run_cleanly(tmp_path: Path, distributed: Sequence[str]) -> None:
    write_scenario(tmp_path, slow("sync"), "slow.yaml")
    said = tmp_path / "said"
    argv = pytest_argv("--chaos", *distributed)
    with (
        said.open("w") as out,
        subprocess.Popen(
            argv, cwd=tmp_path, env=surroundings(tmp_path), stdout=out, stderr=out, start_new_session=True
        ) as process,
    ):
        wait_for(lambda: has_load_begun(tmp_path) or process.poll() is not None, "the load begins", 60)
        assert process.poll() is None, said.read_text()
        family = descendants(process.pid)
        assert len(family) >= 4
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the runs are in sessions of their own
        assert process.wait(40) == pytest.ExitCode.INTERRUPTED
    assert alive(family) == []
    (record,) = tmp_path.glob("reports/2*/run.json")
    assert json.loads(record.read_text())["status"] == "interrupted"


def test_a_killed_pytest_leaves_nothing_behind(tmp_path: Path) -> None:
    write_scenario(tmp_path, slow("sync"), "slow.yaml")
    with (
        (tmp_path / "said").open("w") as out,
        subprocess.Popen(
            pytest_argv("--chaos"), cwd=tmp_path, env=surroundings(tmp_path), stdout=out, stderr=out
        ) as process,
    ):
        wait_for(lambda: has_load_begun(tmp_path) or process.poll() is not None, "the load begins", 60)
        family = descendants(process.pid)
        assert len(family) >= 4
        process.kill()
        wait_for(lambda: not alive(family), "all its processes are gone", 5)


@pytest.mark.soak
def test_the_bundled_scenarios_pass_and_a_planted_failure_is_the_only_one(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    planted = (ROOT / "scenarios" / "baseline.yaml").read_text() + '\n  - "sync.lost >= 1"\n'
    (tmp_path / "scenarios" / "planted.yaml").write_text(planted.replace("name: baseline", "name: planted"))
    tested = run_pytest(tmp_path, "scenarios", "--chaos", "-n", "2", timeout_s=3600)
    wrong = {name: word for name, word in tested.outcomes.items() if word != "passed"}
    assert wrong == {"scenarios.planted.yaml::sync.lost >= 1": "failure"}, tested.out
    assert len(run_folders(tmp_path)) == len(list((tmp_path / "scenarios").glob("*.yaml")))
