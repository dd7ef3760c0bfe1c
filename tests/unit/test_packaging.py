"""What a user installs from: the lock, and the commands of the Makefile."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from benchmarks.__main__ import NAMES as BENCHMARKS
from harness.cli.doctor import OLDEST_PYTHON
from tests.support.chaos import ROOT

LOCKS = ("requirements.lock", ".github/audit.lock")


def pins(lock: str) -> list[tuple[str, str, str]]:
    """Return the name, version and hashes of what a lock pins."""
    return re.findall(
        r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; [^\\\n]+)? \\\n((?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)",
        (ROOT / lock).read_text(),
        re.MULTILINE,
    )


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[><=\[ ]", line)[0] for line in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_a_hash_or_a_comment(lock: str) -> None:
    others = [
        line
        for line in (ROOT / lock).read_text().splitlines()
        if line.strip()
        and not re.match(r"^([a-z0-9][a-z0-9._-]*==\S+( ; [^\\]+)? \\| +--hash=sha256:[0-9a-f]{64}( \\)?| *#.*)$", line)
    ]
    assert others == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash(lock: str) -> None:
    pinned = pins(lock)
    assert len(pinned) > 20
    assert [name for name, _, hashes in pinned if not hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert (
        re.findall(r"https?:/|file:/|--index|--find-links|--trusted|(?<![\w.])/\w+", text.replace(".github/", "")) == []
    )


def test_the_lock_has_everything_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["dev"]
    wanted += [*project["build-system"]["requires"], "editables"]
    assert names(wanted) - {name for name, _, _ in pins("requirements.lock")} == set()


def test_the_promised_pythons_are_from_3_11_and_tested_up_to_3_13() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())
    tested = ["3.11", "3.12", "3.13"]
    assert project["requires-python"] == f">={tested[0]}"
    assert [line.rpartition(" :: ")[2] for line in project["classifiers"] if ":: Python ::" in line] == tested
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == tested
    assert ".".join(map(str, OLDEST_PYTHON)) == tested[0]
    for page in ("README.md", "Makefile"):
        assert f"Python {tested[0]} or newer" in (ROOT / page).read_text()


def test_make_looks_for_every_promised_python() -> None:
    [candidates] = re.findall(r"^PYTHONS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    numbered = {name.removeprefix("python") for name in candidates.split() if "." in name}
    assert numbered >= {line.rpartition(" :: ")[2] for line in project["classifiers"]}


def test_make_knows_its_targets() -> None:
    make = shutil.which("make")
    assert make
    for target in ("install", "run", "test", "lint", "bench", "soak", "trust"):
        dry = subprocess.run([make, "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert dry.returncode == 0, dry.stderr


def test_make_says_what_to_do_without_a_python(tmp_path: Path) -> None:
    make = shutil.which("make")
    assert make
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    old = tmp_path / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    ran = subprocess.run(
        [make, "install"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path / "bin")},
    )
    assert ran.returncode == 2
    assert "no Python >= 3.11" in ran.stderr
    assert "make PYTHON=" in ran.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_only_reads_and_leaves_no_token_in_the_checkout(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert set(workflow["permissions"].values()) == {"read"}
    assert [job for job in workflow["jobs"].values() if "permissions" in job] == []
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step.get("with", {}).get("persist-credentials") is not False] == []


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_uses_actions_by_commit_and_says_which_version_that_is(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_what_is_locked_is_audited() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]["audit"]["steps"]
    [audit] = [step["run"] for step in steps if step.get("run", "").startswith("pip-audit")]
    assert [lock for lock in LOCKS if f"-r {lock}" not in audit] == []
    assert "--require-hashes" in audit


def test_every_benchmark_that_is_run_by_default_is_there() -> None:
    assert [name for name in BENCHMARKS if not (ROOT / "benchmarks" / f"{name}.py").exists()] == []
