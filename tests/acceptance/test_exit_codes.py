"""An exit code one can trust: what each outcome of a run is worth to a shell."""

from pathlib import Path

import pytest

from tests.support.chaos import asked, chaos, run_scenario, write_scenario

QUICK = """
    name: quick
    load: {tickets: 4, arrival: all_at_once, priorities: {low: 1}}
    desk: {step_time: 1ms}
    systems: {one: {system: sync, processes: 1}}
    FAULTS
    expect: ["EXPECTATION"]
"""


def quick(faults: str = "", expectation: str = "one.lost == 0") -> str:
    return QUICK.replace("FAULTS", faults).replace("EXPECTATION", expectation)


@pytest.mark.parametrize(
    ("expectation", "code"), [("one.lost == 0", 0), ("one.finished == 0", 1), ("one.resume_p50 < 1s", 3)]
)
def test_a_verdict_has_its_code(tmp_path: Path, expectation: str, code: int) -> None:
    assert run_scenario(tmp_path, quick(expectation=expectation)).code == code


def test_a_fault_that_comes_after_quiet_is_missed_named_and_never_green(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, quick("faults: [{kind: worker_kill, when: {after: 50s}}]"))
    assert ran.code == 3
    (fault,) = ran.repetition("one")["faults"]
    assert (fault["planned"], fault["landed"], fault["missed"]) == (1, 0, 1)
    assert "quiet" in fault["notes"][0]
    assert ran.checks("one")["faults_landed"] == "unknown"


def test_several_mistakes_start_nothing_and_exit_2(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, quick(expectation="one.lst == 0").replace("tickets: 4", "tickets: none"))
    ran = asked("run", str(path), "--out", str(tmp_path / "reports"))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 2
    assert all(line.startswith(f"{path}:") for line in ran.err.splitlines())
    assert not (tmp_path / "reports").exists()


def test_of_several_scenarios_all_are_validated_first(tmp_path: Path) -> None:
    good = write_scenario(tmp_path, quick(), "good.yaml")
    bad = write_scenario(tmp_path, "name: x\nnmae: y\n", "bad.yaml")
    ran = asked("run", str(good), str(bad), "--out", str(tmp_path / "reports"))
    assert (ran.code, ran.out) == (2, "")
    assert not (tmp_path / "reports").exists()


def test_of_several_scenarios_the_worst_counts_and_json_holds_them_all(tmp_path: Path) -> None:
    good = write_scenario(tmp_path, quick(), "good.yaml")
    fails = write_scenario(tmp_path, quick(expectation="one.finished == 0"), "fails.yaml")
    ran = chaos("run", str(good), str(fails), "--out", str(tmp_path / "reports"), "--format", "json")
    assert ran.code == 1
    assert ran.result["schema"] == 1
    assert [one["verdict"] for one in ran.result["runs"]] == ["pass", "fail"]
    assert ran.result["verdict"] == "fail"


def test_an_unknown_label_is_refused_before_anything_starts(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, quick())
    ran = asked("run", str(path), "--system", "two", "--out", str(tmp_path / "reports"))
    assert ran.code == 2
    assert "two" in ran.err
    assert not (tmp_path / "reports").exists()


def test_the_wrong_command_line_exits_2() -> None:
    assert chaos("run").code == 2
    assert asked("rnu").code == 2
    assert asked("plan", "no-such-scenario").code == 2
