"""`chaos run --ci` as a job runs it: annotations, summary, files, a time limit, and nothing left behind."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import psutil
import pytest

from tests.acceptance.test_suite import QUICK
from tests.support.chaos import Ran, alive, asked, begun, chaos, descendants, wait_for, write_scenario

FILES = {"report.html", "report.md", "junit.xml", "metrics.csv", "result.json"}
HOSTILE = QUICK.replace("name: NAME", 'name: NAME\n    description: "::error::pwned ##[error]pwned"')
ENDLESS = QUICK.replace("1ms", "60s")


def scenario(folder: Path, name: str, count: int = 2, text: str = QUICK) -> str:
    return str(write_scenario(folder, text.replace("NAME", name).replace("COUNT", str(count)), f"{name}.yaml"))


def on_github(folder: Path) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }


def run_ci(folder: Path, *arguments: str) -> Ran:
    return chaos("run", *arguments, "--ci", "--out", str(folder / "reports"), env=on_github(folder), timeout_s=120)


def commands(ran: Ran) -> list[str]:
    """Return what a runner would take for commands, wherever it was printed."""
    return [line for line in f"{ran.out}\n{ran.err}".splitlines() if line.strip().startswith("::") or "##[" in line]


def test_a_failed_expectation_is_annotated_summed_up_and_filed_and_a_scenario_cannot_write_commands(
    tmp_path: Path,
) -> None:
    ran = run_ci(tmp_path, scenario(tmp_path, "bad", count=3, text=HOSTILE))
    assert ran.code == 1, ran.err
    assert commands(ran) == [
        "::error file=bad.yaml,line=7,title=sync.finished == 3::FAIL sync.finished == 3 [sync 2 == 3 FAIL]"
    ]
    assert "verdict fail: 0 of 1 expectations hold" in ran.out
    assert {path.name for path in (tmp_path / "reports" / "latest").iterdir()} >= FILES
    assert (tmp_path / "summary.md").read_text().startswith("## ❌ bad: fail\n")
    assert ET.parse(tmp_path / "reports" / "junit.xml").getroot().get("failures") == "1"  # noqa: S314 - our own
    assert "[   0 s] sync: start" in ran.err


def test_a_mistake_is_annotated_and_starts_nothing(tmp_path: Path) -> None:
    ran = run_ci(tmp_path, scenario(tmp_path, "wrong", text=QUICK.replace("tickets: 2", "tickets: none")))
    assert ran.code == 2
    [line] = commands(ran)
    assert line.startswith("::error file=wrong.yaml,line=3,col=")
    assert not (tmp_path / "reports").exists()


def test_outside_of_github_nothing_is_annotated_nor_summed_up_nor_written_by_a_scenario_into_json(
    tmp_path: Path,
) -> None:
    env = {"GITHUB_ACTIONS": "", "GITHUB_STEP_SUMMARY": ""}
    path = scenario(tmp_path, "bad", count=3, text=HOSTILE)
    ran = chaos("run", path, "--ci", "--format", "json", "--out", str(tmp_path / "reports"), env=env)
    assert (ran.code, commands(ran)) == (1, []), ran.err
    assert json.loads(ran.out)["scenario"]["description"] == "::error::pwned ##[error]pwned"
    assert {path.name for path in (tmp_path / "reports" / "latest").iterdir()} >= FILES


def test_a_time_limit_ends_a_run_as_an_interruption_does_and_is_never_green(tmp_path: Path) -> None:
    arguments = ("run", scenario(tmp_path, "endless", text=ENDLESS), "--ci", "--time-limit", "3s")
    family = set[psutil.Process]()
    with begun(*arguments, "--out", str(tmp_path / "reports")) as process:

        def has_ended() -> bool:
            if process.poll() is None:
                family.update(descendants(process.pid))
            return process.poll() is not None

        wait_for(has_ended, "the limit ends it", 30)
        assert process.poll() == 3, process.err
        assert "endless hit its time limit of 3 s" in process.err
        assert "Traceback" not in process.err
    assert family
    assert alive(list(family)) == []
    folder = (tmp_path / "reports" / "latest").resolve()
    assert {path.name for path in folder.iterdir()} >= FILES
    kept = json.loads((folder / "result.json").read_text())
    assert (kept["status"], kept["verdict"]) == ("interrupted", "unknown")
    assert "time limit" in kept["problem"]
    assert asked("check", str(folder)).code == 3


@pytest.mark.parametrize("how", [pytest.param((), marks=pytest.mark.soak), ("--jobs", "2")])
def test_of_several_the_one_that_hits_its_limit_does_not_stop_the_others(tmp_path: Path, how: tuple[str, ...]) -> None:
    endless = scenario(tmp_path, "endless", text=ENDLESS)
    other = scenario(tmp_path, "other")  # which ends in time, or not, as fast as the machine is
    ran = run_ci(tmp_path, endless, other, *how, "--time-limit", "3s", "--format", "markdown")
    assert ran.code == 3, ran.err
    assert "::warning file=endless.yaml,title=endless%3A interrupted::endless hit its time limit of 3 s" in ran.err
    assert ran.out.startswith("# ❔ ")
    assert (tmp_path / "summary.md").read_text() == ran.out
    root = ET.parse(tmp_path / "reports" / "junit.xml").getroot()  # noqa: S314 - our own
    assert {suite.get("name") for suite in root} == {"endless", "other"}
    folders = [path for path in (tmp_path / "reports").iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(folders) == 2
    assert all({path.name for path in folder.iterdir()} >= FILES for folder in folders)
