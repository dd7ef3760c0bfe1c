"""Whatever ends a run, nothing it started survives it, and its exit code says what happened."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

import psutil
import pytest
import temporalio

from harness.errors import Interrupted
from harness.execution import run as running
from harness.planning.reading import read
from harness.progress import Progress
from tests.support.chaos import alive, asked, begun, chaos, descendants, latest, wait_for, write_scenario
from tests.support.disks import CAN_MOUNT, mounted
from tests.support.warm import Program

SLOW = """
    name: slow
    load:
      tickets: TICKETS
      arrival: {rate: 20/s}
      priorities: {high: 1}
    desk:
      step_time: 400ms
    systems:
      one: {system: SYSTEM, processes: WORKERS, threads: 4}
    faults:
      - kind: worker_kill
        when: {step: apply_urgent_fix, occurrence: 1}
        restart_after: 200ms
    settle: 60s
    expect: ["one.submitted == TICKETS"]
"""
SYSTEMS = ("sync", "temporal")
WORKERS = {"sync": 2, "temporal": 1}
"""How many there are where what is claimed is that all are gone; Temporal's has the engine beside it."""


def slow(system: str, workers: int = 1, tickets: int = 2) -> str:
    return SLOW.replace("SYSTEM", system).replace("WORKERS", str(workers)).replace("TICKETS", str(tickets))


@contextmanager
def under_way(folder: Path, system: str) -> Iterator[tuple[Program, list[psutil.Process]]]:
    """A run whose load has begun, and every process that it started."""
    scenario = write_scenario(folder, slow(system, WORKERS[system]))
    family: list[psutil.Process] = []
    with begun("run", str(scenario), "--report", "none", "--out", str(folder / "reports")) as program:
        try:
            wait_for(lambda: has_load_begun(folder) or program.poll() is not None, "the load begins", 60)
            assert program.poll() is None, program.err
            family = descendants(program.pid)
            yield program, family
        finally:
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.kill()


def has_load_begun(folder: Path) -> bool:
    return any('"load"' in path.read_text() for path in folder.glob("reports/*/one/1/journal/harness-*.jsonl"))


@pytest.mark.parametrize(
    ("number", "system"),
    [
        (signal.SIGINT, "temporal"),
        (signal.SIGTERM, "sync"),
        pytest.param(signal.SIGHUP, "sync", marks=pytest.mark.soak),
        # The harness hears a signal alike whatever it runs: the same again of the other system.
        pytest.param(signal.SIGINT, "sync", marks=pytest.mark.soak),
        pytest.param(signal.SIGTERM, "temporal", marks=pytest.mark.soak),
    ],
)
def test_an_interrupted_run_exits_130_and_leaves_a_record_and_no_process(
    tmp_path: Path, system: str, number: signal.Signals
) -> None:
    with under_way(tmp_path, system) as (process, family):
        process.send_signal(number)
        assert process.wait(20) == 130
        assert alive(family) == []
        assert "Traceback" not in process.err
    checked = asked("check", str(latest(tmp_path)))
    assert checked.code in {1, 3}, checked.err
    assert "interrupted" in checked.out


def test_a_sigterm_as_a_run_is_judged_is_an_interruption_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, text = read(str(write_scenario(tmp_path, slow("sync").replace("400ms", "1ms"))))
    monkeypatch.setattr(running, "_judged", lambda *_: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted, match="chaos check"):
        running.run(scenario, text, tmp_path / "reports", ["one"], Progress(StringIO()))
    assert asked("check", str(latest(tmp_path))).code in {0, 1}


@pytest.mark.parametrize("system", ["sync", pytest.param("temporal", marks=pytest.mark.soak)])
def test_nothing_survives_the_harness_killed(tmp_path: Path, system: str) -> None:
    with under_way(tmp_path, system) as (process, family):
        assert len(family) >= 4
        process.kill()
        wait_for(lambda: not alive(family), "all its processes are gone", 5)


@pytest.mark.parametrize("system", [pytest.param("sync", marks=pytest.mark.soak), "temporal"])
def test_nothing_survives_the_supervisor_killed_and_the_run_is_broken(tmp_path: Path, system: str) -> None:
    with under_way(tmp_path, system) as (process, family):
        (supervisor,) = [one for one in family if "harness.processes.supervisor" in one.cmdline()]
        supervisor.kill()
        wait_for(lambda: not alive(family), "all its processes are gone", 5)
        assert process.wait(20) == 4
        assert "supervisor" in process.err
        assert "Traceback" not in process.err


def test_a_missing_engine_is_named_with_what_to_do(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, slow("temporal"))
    env = {"CHAOS_TEMPORAL_BINARY": str(tmp_path / "nowhere")}
    ran = chaos("run", str(scenario), "--out", str(tmp_path / "reports"), env=env)
    assert ran.code == 4
    assert "nowhere" in ran.err
    assert "Traceback" not in ran.err


def test_an_engine_that_dies_at_start_is_quoted(tmp_path: Path) -> None:
    broken = tmp_path / "temporal"
    broken.write_text("#!/bin/sh\necho the disk is on fire >&2\nexit 7\n")
    broken.chmod(0o755)
    scenario = write_scenario(tmp_path, slow("temporal"))
    ran = chaos("run", str(scenario), "--out", str(tmp_path / "reports"), env={"CHAOS_TEMPORAL_BINARY": str(broken)})
    assert ran.code == 4
    assert "the disk is on fire" in ran.err
    assert "Traceback" not in ran.err


def test_a_port_that_is_in_use_is_named_after_another_was_tried(tmp_path: Path) -> None:
    rival = tmp_path / "temporal"
    rival.write_text(
        f"#!{sys.executable}\n"
        "import socket, subprocess, sys\n"
        "taken = socket.create_server(('127.0.0.1', int(sys.argv[sys.argv.index('--port') + 1])))\n"
        f"sys.exit(subprocess.call([{str(Path(sys.executable).parent / 'temporal')!r}, *sys.argv[1:]]))\n"
    )
    rival.chmod(0o755)
    scenario = write_scenario(tmp_path, slow("temporal"))
    ran = chaos("run", str(scenario), "--out", str(tmp_path / "reports"), env={"CHAOS_TEMPORAL_BINARY": str(rival)})
    assert ran.code == 4
    assert "address already in use" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(("act", "seen"), [("raise RuntimeError('no')", "500"), ("time.sleep(60)", "TimeoutError")])
def test_a_service_that_refuses_or_swallows_everything_is_never_green(tmp_path: Path, act: str, seen: str) -> None:
    poison = tmp_path / "poison" / "stamina"
    poison.mkdir(parents=True)
    (poison / "__init__.py").write_text(
        f"import time\nclass RetryingCaller:\n    def __init__(self, **_):\n        {act}\n"
    )
    (poison / "instrumentation.py").write_text("def set_on_retry_hooks(hooks): pass\n")
    text = (
        slow("sync")
        .replace("sync, processes", "sync, retries: 1, processes")
        .replace("tickets: 2", "timeout: 2s\n      tickets: 2")
    )
    scenario = write_scenario(tmp_path, text.replace('"one.submitted == 2"', '"one.lost == 0"'))
    ran = chaos("run", str(scenario), "--out", str(tmp_path / "reports"), env={"PYTHONPATH": str(poison.parent)})
    assert ran.code == 3, ran.out + ran.err
    assert "canary" in ran.out
    assert seen in ran.out


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_worker_that_cannot_import_is_quoted(tmp_path: Path, system: str) -> None:
    poison = tmp_path / "poison"
    poison.mkdir()
    for module in ("flask", "waitress"):
        (poison / f"{module}.py").write_text("raise ImportError('no such luck')\n")
    (poison / "temporalio").mkdir()
    genuine = Path(str(temporalio.__file__)).parent
    for entry in genuine.iterdir():
        if entry.name not in {"worker", "__pycache__"}:
            (poison / "temporalio" / entry.name).symlink_to(entry)
    (poison / "temporalio" / "worker.py").write_text("raise ImportError('no such luck')\n")
    scenario = write_scenario(tmp_path, slow(system))
    ran = chaos("run", str(scenario), "--out", str(tmp_path / "reports"), env={"PYTHONPATH": str(poison)})
    assert ran.code == 4
    assert "no such luck" in ran.err
    assert ran.err.count("Traceback") <= 1  # the worker's own log is quoted, the harness adds none


def test_an_output_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file, not a folder")
    scenario = write_scenario(tmp_path, slow("sync"))
    ran = asked("run", str(scenario), "--out", str(tmp_path / "reports"))
    assert ran.code == 4
    assert str(tmp_path / "reports") in ran.err
    assert "Traceback" not in ran.err


MOUNTS = pytest.mark.skipif(not CAN_MOUNT, reason="mounting needs root")


@MOUNTS
def test_a_read_only_output_folder_is_named(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, slow("sync"))
    with mounted(tmp_path / "disk", "ro") as disk:
        ran = asked("run", str(scenario), "--out", str(disk))
    assert ran.code == 4
    assert "Read-only" in ran.err
    assert "Traceback" not in ran.err


@MOUNTS
@pytest.mark.parametrize("size", ["16k", "256k"])
def test_a_disk_that_fills_up_breaks_the_run_by_name(tmp_path: Path, size: str) -> None:
    scenario = write_scenario(tmp_path, slow("sync", tickets=6))
    with mounted(tmp_path / "disk", f"size={size}") as disk:
        ran = chaos("run", str(scenario), "--out", str(disk))
    assert ran.code == 4, ran.out
    assert "No space left" in ran.err or "disk is full" in ran.err or "disk I/O" in ran.err
