"""A kind of fault that only a test knows, in one file and by one line, goes through all of the program."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.chaos import BESIDE, ROOT, Ran, latest, write_scenario

ONE_LINE = "register(Blackout)"
KIND = f"""
from harness.faults.kinds import register
from tests.support.blackout import Blackout
{ONE_LINE}
"""
PROGRAM = f"{KIND}from harness.__main__ import main\nmain()\n"
REFERENCE = f"{KIND}from harness.planning.reading.reference import reference\nprint(reference())\n"
SCENARIO = """
    name: dark
    seed: 4
    load: {tickets: 8, arrival: {rate: 40/s}, priorities: {low: 1}}
    desk: {step_time: 40ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
    systems: [sync]
    faults:
      - {kind: blackout, name: lights, when: {progress: 10%}, duration: 400ms}
    settle: 20s
    expect:
      - lost == 0
      - faults_landed == 1
"""


def python(text: str, *arguments: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, BESIDE: "1"},
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_it_is_run_attested_judged_and_shown(tmp_path: Path) -> None:
    path = str(write_scenario(tmp_path, SCENARIO))
    ran = python(PROGRAM, "run", path, "--out", str(tmp_path / "reports"), "--format", "json")
    assert ran.code == 0, ran.out + ran.err
    assert set(ran.checks("sync").values()) == {"valid"}, ran.repetition("sync")["checks"]
    (fault,) = ran.repetition("sync")["faults"]
    assert (fault["kind"], fault["name"], fault["planned"], fault["landed"]) == ("blackout", "lights", 1, 1)
    assert fault["exposed"] >= 1
    checked = python(PROGRAM, "check", str(latest(tmp_path)), "--format", "table")
    assert checked.code == 0, checked.out + checked.err
    assert "blackout" in checked.out
    assert "When the lights went out, sync lost none of 8 tickets" in checked.out


def test_it_is_planned_the_same_every_time(tmp_path: Path) -> None:
    path = str(write_scenario(tmp_path, SCENARIO))
    first, second = (python(PROGRAM, "plan", path) for _ in range(2))
    assert first == second
    (instance,) = json.loads(first.out)["faults"]
    assert (instance["id"], instance["kind"], instance["progress"]) == ("1.1", "blackout", 0.1)


MISTAKES = {
    "when: {progress: 10%}": "requires the key 'duration'",
    "when: {progress: 10%}, duration: 0s": "duration: expected more than 0s, found 0s",
    "when: {step: close_ticket}, duration: 1s": "this fault has no place in a step",
    "when: {progress: 10%}, duration: 1s, tickets: all": "expected one of kind, name, when, duration",
    "when: {after: 1s, progress: 10%}, duration: 1s": "expected exactly one of after, progress, step",
}


def test_its_mistakes_are_named_with_their_place(tmp_path: Path) -> None:
    right = "name: lights, when: {progress: 10%}, duration: 400ms"
    paths = [
        str(write_scenario(tmp_path, SCENARIO.replace(right, keys), f"{n}.yaml")) for n, keys in enumerate(MISTAKES)
    ]
    ran = python(PROGRAM, "validate", *paths)
    lines = (ran.out + ran.err).splitlines()
    assert ran.code == 2
    for path, message in zip(paths, MISTAKES.values(), strict=True):
        assert [line for line in lines if line.startswith(f"{path}:8:") and message in line], (message, ran.err)


def test_the_schema_and_the_reference_have_it() -> None:
    definitions = json.loads(python(PROGRAM, "schema").out)["$defs"]
    assert list(definitions["Blackout"]["required"]) == ["kind", "when", "duration"]
    assert definitions["Blackout"]["properties"]["kind"]["const"] == "blackout"
    assert definitions["Blackout"]["properties"]["duration"]["description"] == "how long it lasts"
    page = python(REFERENCE).out
    assert "## a fault with `kind: blackout`\n\nEvery worker stands still at once, for a while.\n" in page


def test_the_program_without_that_line_does_not_know_it(tmp_path: Path) -> None:
    ran = python(PROGRAM.replace(ONE_LINE, ""), "validate", str(write_scenario(tmp_path, SCENARIO)))
    assert ran.code == 2
    assert "found 'blackout'" in ran.out + ran.err


def test_the_page_on_faults_shows_its_file_as_it_is() -> None:
    page, file = (ROOT / "docs" / "faults.md").read_text(), (ROOT / "tests" / "support" / "blackout.py").read_text()
    assert f"```python\n{file}```" in page
    assert ONE_LINE in page
