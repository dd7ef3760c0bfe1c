"""A format that is registered by one line is there for all that names formats."""

import subprocess
import sys
from pathlib import Path

from tests.support.chaos import ROOT, latest, write_scenario

MADE_UP = """
import sys
from harness.report.formats import FORMATS, Format
FORMATS["words"] = Format("words.txt", lambda report: f"{report.result.verdict} in {report.folder}")
from harness.cli.main import chaos
chaos(sys.argv[1:], prog_name="chaos")
"""
SCENARIO = """
    name: short
    load: {tickets: 1, arrival: all_at_once}
    desk: {step_time: 1ms}
    systems: {one: {system: sync, processes: 1}}
    expect: ["one.lost == 0"]
"""


def with_words(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program after a format was registered."""
    argv = [sys.executable, "-c", MADE_UP, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)


def test_a_made_up_format_is_written_and_rendered_again(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, SCENARIO)
    ran = with_words("run", str(scenario), "--out", str(tmp_path / "reports"), "--report", "words")
    assert ran.returncode == 0, ran.stderr
    run = latest(tmp_path)
    assert (run / "words.txt").read_text() == f"pass in {run}"
    assert {path.name for path in run.glob("*.*")} == {
        "plan.json",
        "result.json",
        "run.json",
        "scenario.yaml",
        "words.txt",
    }

    again = with_words("report", str(run), "--format", "words")
    assert again.stdout == f"pass in {run}\n"
    assert "words" in with_words("run", "--help").stdout
    unknown = with_words("run", str(scenario), "--report", "word")
    assert (unknown.returncode, "words" in unknown.stderr) == (2, True)
