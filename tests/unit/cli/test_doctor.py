import re
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import doctor
from systems.finding import INSTALL
from systems.temporal import examination

EXECUTABLE = 0o755


@pytest.fixture
def no_temporal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave a folder without the program beside Python and on the PATH."""
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.delenv("CHAOS_TEMPORAL_BINARY", raising=False)
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(sys, "executable", str(empty / "python"))
    return empty


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(EXECUTABLE)


def test_this_machine_has_all_that_a_run_needs(tmp_path: Path) -> None:
    ran = CliRunner().invoke(doctor.command, ["--out", str(tmp_path / "reports")])
    assert "missing" not in ran.output.replace("nothing is missing", ""), ran.output
    assert ran.exit_code == 0
    assert not (tmp_path / "reports").exists()


def test_something_missing_is_exit_code_four_with_its_remedy(no_temporal: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(doctor.command, ["--out", str(tmp_path)])
    assert ran.exit_code == 4
    assert f"not at {no_temporal / 'temporal'} nor on the PATH" in ran.output
    assert "missing: temporal program: run `make install`" in ran.output


def test_a_program_that_does_not_run_is_missing(no_temporal: Path) -> None:
    program(no_temporal / "temporal", "exit 7")
    found = examination.program()
    assert (found.state, "exit status 7" in found.observed) == ("missing", True)


def test_a_program_that_is_no_program_is_missing(no_temporal: Path) -> None:
    (no_temporal / "temporal").write_bytes(b"\x00not a program")
    (no_temporal / "temporal").chmod(EXECUTABLE)
    assert examination.program().state == "missing"


def test_the_program_that_was_named_is_the_one_looked_at(no_temporal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(no_temporal / "mine", "echo version 9")
    monkeypatch.setenv("CHAOS_TEMPORAL_BINARY", str(no_temporal / "mine"))
    assert examination.program() == ("temporal program", "ok", f"version 9 ({no_temporal / 'mine'})", "")
    monkeypatch.setenv("CHAOS_TEMPORAL_BINARY", str(no_temporal / "other"))
    assert examination.program().remedy == "correct CHAOS_TEMPORAL_BINARY or unset it"


def test_an_old_python_is_missing() -> None:
    assert doctor.python((3, 10, 9)).state == "missing"
    assert doctor.python((3, 13, 0)).state == "ok"


def test_a_package_that_is_not_installed_is_missing() -> None:
    assert doctor.package("no-such-distribution", "no_such_module") == (
        "no-such-distribution",
        "missing",
        "not installed",
        INSTALL,
    )


def test_a_package_that_cannot_be_imported_is_missing() -> None:
    found = doctor.package("click", "click.no_such_module")
    assert (found.state, "ModuleNotFoundError" in found.observed) == ("missing", True)


def test_every_dependency_of_the_project_is_looked_at() -> None:
    project = tomllib.loads((Path(doctor.__file__).parents[2] / "pyproject.toml").read_text())["project"]
    everywhere = [line for line in project["dependencies"] if ";" not in line]
    assert sorted(doctor.packages()) == sorted(re.split(r"[\[>]", line)[0] for line in everywhere)


def test_no_loopback_is_missing() -> None:
    assert doctor.loopback("192.0.2.1").state == "missing"  # an address of nobody's, RFC 5737


def test_a_small_machine_is_a_warning() -> None:
    assert doctor.cores(1).state == "warning"
    assert doctor.memory(1_000_000_000).state == "warning"
    assert doctor.disk(Path(), 10_000_000).state == "warning"


def test_a_machine_without_proc_is_a_warning(tmp_path: Path) -> None:
    assert doctor.processes(tmp_path).state == "warning"


def test_a_system_without_death_signals_is_a_warning() -> None:
    assert doctor.death_signal("darwin").state == "warning"


def test_a_database_without_write_ahead_log_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert doctor.wal("3.8.2").state == "missing"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert doctor.wal().state == "missing"


def test_an_output_folder_that_is_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert doctor.writable(tmp_path / "file" / "reports").state == "missing"
