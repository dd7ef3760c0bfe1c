"""A system that an installed package brings is validated, planned, run, judged and reported like the bundled ones."""

import re
import subprocess
import sys
from pathlib import Path

from harness.planning.reading.json_schema import WHICH_SYSTEM
from systems.settings import SystemSettings
from tests.support.chaos import ROOT, Ran, asked, chaos, latest, run_scenario, write_scenario
from tests.support.contract import WITH_SPOOL

SCENARIO = """
    name: third
    seed: 7
    load: {tickets: 3, arrival: {rate: 5/s}, priorities: {low: 1, medium: 1, high: 1}}
    desk: {step_time: 20ms}
    systems:
      spool: {threads: 4}
      temporal: {processes: 1, profile: tuned}
    faults:
      - {kind: worker_kill, when: {step: close_ticket}, restart_after: 200ms, systems: [spool]}
      - {kind: engine_kill, when: {after: 400ms}}
    settle: 20s
    expect: ["spool.lost == 0", "spool.unserved == 0", "spool.finished == 3"]
"""
LOST_WORKERS = """systems: [spool]
faults:
  - {kind: worker_kill, when: {step: close_ticket}, restart_after: never, attempts: 2}
"""
KILLED_ENGINE = "systems: [spool]\nfaults: [{kind: engine_kill, when: {after: 1s}}]\n"
REFUSED = {
    KILLED_ENGINE: "expected a system that can take engine_kill (temporal), found only spool",
    "systems: {spool: {poll: 0s}}\n": "spool: poll: expected more than 0s, found 0s",
    "systems: {spool: {processes: 2}}\n": "processes",
    "systems: {spool: {threads: 1}}\nfaults: [{kind: write_race, race: double_assign}]\n": (
        "expected room for two steps at once, as a race needs it; found 1 process with 1 thread in spool"
    ),
    LOST_WORKERS: "expected at most 1 beside restart_after: never",
}


def test_it_is_run_judged_and_reported_and_another_program_without_the_package_says_what_is_missing(
    tmp_path: Path,
) -> None:
    reports = (part for form in ("markdown", "html") for part in ("--report", form))
    ran = run_scenario(tmp_path, SCENARIO, *reports, env=WITH_SPOOL)
    assert_its_expectations_hold(ran)
    folder = latest(tmp_path)
    table = chaos("report", str(folder), "--format", "table", env=WITH_SPOOL)
    assert table.code == 0, table.err
    assert_a_dead_worker_of_it_is_seen_and_what_it_says_of_resuming_is_printed(ran, table.out)
    assert_a_fault_that_needs_an_engine_passes_it_by(ran, table.out)
    for page in (table.out, *((folder / name).read_text() for name in ("report.md", "report.html"))):
        assert_it_has_its_column_its_settings_and_its_caveat(page)
    missing = asked("check", str(folder))  # this program is without it
    assert (missing.code, missing.out) == (4, "")
    assert missing.err == "error: no system 'spool': expected one of sync, temporal, or the package that brings it\n"


def assert_its_expectations_hold(ran: Ran) -> None:
    assert ran.code == 0, ran.result
    assert set(ran.checks("spool").values()) == {"valid"}
    assert ran.metrics("spool")["finished"] == 3


def assert_a_dead_worker_of_it_is_seen_and_what_it_says_of_resuming_is_printed(ran: Ran, table: str) -> None:
    kill, _ = ran.repetition("spool")["faults"]
    assert (kill["planned"], kill["landed"], kill["missed"]) == (1, 1, 0)
    assert ran.metrics("spool")["interrupted"] > 0
    assert "worker started again + spool poll 0.02 s" in table


def assert_a_fault_that_needs_an_engine_passes_it_by(ran: Ran, table: str) -> None:
    _, engine = ran.repetition("spool")["faults"]
    assert engine["not_applicable"] == 1
    assert ran.metrics("spool")["faults_planned"] == 1
    assert "spool, which has no engine," in table


def assert_it_has_its_column_its_settings_and_its_caveat(page: str) -> None:
    assert "spool" in page
    assert "20 ms" in page  # its `poll`, a duration by its type
    assert "The spool is a folder" in page


def test_what_it_cannot_do_is_refused_with_its_place(tmp_path: Path) -> None:
    paths = [str(write_scenario(tmp_path, f"name: x\n{rest}", f"{n}.yaml")) for n, rest in enumerate(REFUSED)]
    ran = chaos("validate", *paths, env=WITH_SPOOL)
    assert ran.code == 2, ran.out
    for path, message in zip(paths, REFUSED.values(), strict=True):
        assert [line for line in ran.err.splitlines() if line.startswith(f"{path}:") and message in line], (
            message,
            ran.err,
        )


def test_it_has_its_section_in_the_reference() -> None:
    page = subprocess.run(
        [sys.executable, "-m", "harness.planning.reading.reference"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=WITH_SPOOL,
    ).stdout
    section = page.partition("## a block of systems with `system: spool`\n")[2].partition("\n## ")[0]
    assert section.splitlines()[1:6] == [
        "| key | takes | default | means |",
        "|---|---|---|---|",
        f"| `system` | `spool` | – | {WHICH_SYSTEM} |",
        "| `threads` | a whole number from 1 | `16` | threads of the worker; a ticket holds one to its end |",
        "| `poll` | a duration | 20ms, as often as a disk bears | how often the worker looks for new tickets |",
    ]
    assert "| `systems` | " in page
    assert "`[sync, temporal, spool]`" in page


def test_the_page_on_adding_a_system_tells_of_its_files_and_of_how_it_is_offered() -> None:
    page = (ROOT / "docs" / "systems.md").read_text()
    files = {path.name for path in (ROOT / "tests" / "support" / "spool").glob("*.py")}
    assert set(re.findall(r"^\| `(\w+\.py)` \|", page, re.MULTILINE)) == files
    asked = {name for name in vars(SystemSettings) if not name.startswith("_")} | set(SystemSettings.__annotations__)
    told = set(re.findall(r"`(\w+)`", page))
    assert asked - told == set()
    (offered,) = re.findall(r'^spool = "(.+)"$', page, re.MULTILINE)
    assert f"spool = {offered}\n" in (Path(WITH_SPOOL["PYTHONPATH"]) / "spool-1.dist-info/entry_points.txt").read_text()
