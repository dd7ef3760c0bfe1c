"""Several scenarios at once: one summary, the worst exit code, and nothing left behind."""

import signal
from pathlib import Path

import pytest

from tests.acceptance.test_bad_luck import slow
from tests.support.chaos import alive, asked, begun, chaos, descendants, wait_for, write_scenario

QUICK = """
    name: NAME
    load: {tickets: 2, arrival: all_at_once}
    desk: {step_time: 1ms}
    systems: {sync: {system: sync, processes: 1}}
    expect: ["sync.finished == COUNT"]
"""


def test_the_worst_counts_and_everything_is_summed_up(tmp_path: Path) -> None:
    good = write_scenario(tmp_path, QUICK.replace("NAME", "good").replace("COUNT", "2"), "good.yaml")
    bad = write_scenario(tmp_path, QUICK.replace("NAME", "bad").replace("COUNT", "3"), "bad.yaml")
    ran = chaos("run", str(good), str(bad), "--jobs", "2", "--report", "none", "--out", str(tmp_path / "reports"))
    assert ran.code == 1, ran.err
    assert not list(tmp_path.glob("reports/*/report.html"))
    assert "1 of 2 scenarios pass" in ran.out
    assert "FAIL    sync.finished == 3" in ran.out  # what did not pass is told in full
    assert "2/2" in ran.err


def test_a_folder_is_run_as_what_is_in_it_and_ends_with_a_summary(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_scenario(tmp_path, QUICK.replace("NAME", name).replace("COUNT", "2"), f"{name}.yaml")
    write_scenario(tmp_path, "services: {}\n", "compose.yaml")
    ran = chaos("run", str(tmp_path), "--report", "none", "--out", str(tmp_path / "reports"))
    assert ran.code == 0, ran.err
    assert [line.split(" · ")[1] for line in ran.out.splitlines() if line.startswith("verdict pass")] == ["one", "two"]
    summary = ran.out.rpartition("what became of the tickets")[2]
    assert "all 2 as they should be" in summary


def test_all_beside_a_name_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    for arguments in (("--all", "baseline"), ()):
        ran = asked("run", *arguments, "--out", str(tmp_path))
        assert ran.code == 2
        assert "--all" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "number", [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.soak) for one in (signal.SIGTERM, signal.SIGKILL))]
)
def test_a_suite_that_ends_early_takes_all_its_runs_along(tmp_path: Path, number: signal.Signals) -> None:
    files = [str(write_scenario(tmp_path, slow("sync"), f"{name}.yaml")) for name in "ab"]
    with begun("run", *files, "--jobs", "2", "--report", "none", "--out", str(tmp_path / "reports")) as process:
        wait_for(lambda: len(loads(tmp_path)) == 2 or process.poll() is not None, "both loads begin", 60)
        assert process.poll() is None, process.err
        family = descendants(process.pid)
        assert len(family) >= 8
        process.send_signal(number)
        assert process.wait(20) == (-signal.SIGKILL if number == signal.SIGKILL else 130)
        wait_for(lambda: not alive(family), "all their processes are gone", 5)


def loads(folder: Path) -> set[Path]:
    """Return the runs whose load has begun; `latest` is one of them once more."""
    found = folder.glob("reports/*/one/1/journal/harness-*.jsonl")
    return {path.resolve() for path in found if '"load"' in path.read_text()}
