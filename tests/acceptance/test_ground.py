"""Environments as people have them: odd paths, no name, few files, servers of their own, and parts that die."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from harness.execution import database
from tests.support.chaos import ROOT, asked, begun, chaos, chaos_argv, descendants, latest, wait_for, write_scenario

ODD = "-a#b?c%20d &;'\"=ü\nx"
BOTH = """
    name: both
    load: {tickets: 1, arrival: all_at_once, priorities: {low: 1}}
    desk: {step_time: 1ms}
    systems: {sync: {processes: 1}, temporal: {processes: 1}}
    expect: ["lost == 0", "finished == 1"]
"""
ONE = """
    name: one
    load: {tickets: TICKETS, arrival: all_at_once, priorities: {low: 1}}
    desk: {step_time: 1ms, database: DATABASE}
    systems: {sync: {processes: 1}}
    expect: ["lost == 0", "rejected == 0", "indeterminate == 0", "finished == TICKETS"]
"""
UNDER_WAY = """
    name: under-way
    load: {tickets: 200, arrival: {rate: 5/s}}
    desk: {database: DATABASE}
    systems: {SYSTEM: {processes: 1}}
    expect: ["lost == 0"]
"""
IS_ROOT = os.geteuid() == 0
needs_postgresql = pytest.mark.skipif(bool(database.missing()), reason="no embedded PostgreSQL here")


def one(tickets: int = 2, kind: str = "sqlite") -> str:
    return ONE.replace("TICKETS", str(tickets)).replace("DATABASE", kind)


def test_a_run_passes_at_any_path_beside_settings_for_a_temporal_of_yours(tmp_path: Path) -> None:
    path, out, home = write_scenario(tmp_path, BOTH), tmp_path / ODD, tmp_path / "home"
    (home / ".config/temporalio").mkdir(parents=True)
    (home / ".config/temporalio/temporal.yaml").write_text("env:\n  default:\n    command-timeout: 3s\n")
    yours = {"TEMPORAL_ENV": "production", "TEMPORAL_ADDRESS": "nowhere:1", "HOME": str(home)}
    ran = chaos("run", str(path), f"--out={ODD}", env={**yours, "PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["scenario.yaml", ODD, "home"])
    again = asked("check", str((out / "latest").resolve()), "--format", "json")
    assert (again.code, again.result["verdict"]) == (0, "pass")


@pytest.mark.skipif(not IS_ROOT or shutil.which("setpriv") is None, reason="taking another user id needs root")
def test_a_run_passes_for_a_user_without_a_name() -> None:
    nobody = ["setpriv", "--reuid", "12345", "--regid", "0", "--clear-groups", "env", "-i", "PATH=/usr/bin:/bin"]
    nobody += [f"PYTHONPATH={os.pathsep.join([str(ROOT), *filter(None, sys.path)])}", "PYTHONDONTWRITEBYTECODE=1"]
    if subprocess.run([*nobody, sys.executable, "-c", "import harness.execution.run"], check=False, cwd="/").returncode:
        pytest.skip("another user cannot run this Python")
    folder = Path("/var/tmp") / f"chaos-nobody-{os.getpid()}"  # noqa: S108 - tmp_path is closed to others
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    try:
        path = write_scenario(folder, BOTH)
        argv = [*nobody, *chaos_argv("run", str(path), "--out", str(folder / "reports"))]
        ran = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")
        assert ran.returncode == 0, ran.stdout + ran.stderr
    finally:
        shutil.rmtree(folder)


def test_a_client_without_files_left_is_the_environments_and_never_a_refusal(tmp_path: Path) -> None:
    # They come one after the other, and so fast that none is answered before the last has come.
    fast = one(120).replace("all_at_once", "{rate: 1000/s}").replace("step_time: 1ms", "step_time: 300ms")
    path = write_scenario(tmp_path, fast)
    few = f'ulimit -n 96; exec "{sys.executable}" -m harness run "$0" --out "$1"'
    argv = ["bash", "-c", few, str(path), str(tmp_path / "reports")]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "warning: one may need 184 open files at once, this process may have 96" in ran.stderr
    assert "Too many open files" in ran.stderr
    assert "; let it have more open files" in ran.stderr


@contextmanager
def never_run(disk: Path) -> Iterator[bool]:
    """Mount a disk whose files may not be run; False where nothing can be mounted."""
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "noexec,size=300m", "tmpfs", str(disk)]
    may = IS_ROOT and shutil.which("mount") is not None
    is_mounted = may and not subprocess.run(["mount", *options], check=False).returncode
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(disk)], check=True)


@needs_postgresql
def test_a_run_passes_beside_variables_for_a_postgresql_of_yours_and_where_temporary_files_may_not_be_run(
    tmp_path: Path,
) -> None:
    path = write_scenario(tmp_path, one(kind="postgresql"))
    env = {"PGSSLMODE": "require", "PGSERVICE": "mine", "PGOPTIONS": "-c no_such=1", "PGREQUIREAUTH": "md5"}
    env["PGHOST"] = "nowhere"
    with never_run(tmp_path / "disk") as is_mounted:
        if is_mounted:
            env["TMPDIR"] = str(tmp_path / "disk")
        ran = chaos("run", str(path), "--report", "none", "--out", str(tmp_path / "reports"), env=env)
        assert ran.code == 0, ran.out + ran.err
    if not is_mounted:
        pytest.skip("nothing can be mounted here: temporary files could be run")


def _is_engine(process: psutil.Process) -> bool:
    return "start-dev" in process.cmdline()


def _is_postgres(process: psutil.Process) -> bool:
    return process.name() == "postgres" and "-D" in process.cmdline()


@pytest.mark.parametrize(
    ("system", "kind", "is_it", "name"),
    [
        ("temporal", "sqlite", _is_engine, "the engine"),
        pytest.param("sync", "postgresql", _is_postgres, "the database", marks=needs_postgresql),
    ],
)
def test_a_part_that_dies_by_itself_ends_the_run_at_once_and_is_named(
    tmp_path: Path, system: str, kind: str, is_it: Callable[[psutil.Process], bool], name: str
) -> None:
    path = write_scenario(tmp_path, UNDER_WAY.replace("SYSTEM", system).replace("DATABASE", kind))
    with begun("run", str(path), "--out", str(tmp_path / "reports"), "--report", "none") as ran:
        journal = latest(tmp_path) / system / "1" / "journal"
        wait_for(lambda: _is_loaded(latest(tmp_path) / system / "1" / "journal"), f"the load in {journal}")
        (pid,) = [one.pid for one in descendants(ran.pid) if is_it(one)]
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        assert ran.wait(60) == 4, ran.out + ran.err
        assert time.monotonic() - began < 10
        assert f"error: {system}: {name} ({pid}-" in ran.err
        assert "ended by itself with signal SIGKILL; last lines of " in ran.err


def _is_loaded(journal: Path) -> bool:
    return any('"load"' in one.read_text() for one in journal.glob("harness*.jsonl"))
