"""Who a process is, and whether it is still that one."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from systems.desk.live import identity
from systems.desk.live.identity import is_alive, own_proc, proc_of
from tests.support.chaos import wait_for


@pytest.fixture(autouse=True, params=[identity.PROC, Path("nowhere")], ids=["with /proc", "without"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "PROC", request.param)


def test_this_process_is_alive_under_its_own_name() -> None:
    assert own_proc() == proc_of(os.getpid())
    assert own_proc().startswith(f"{os.getpid()}-")
    assert is_alive(own_proc())


def test_a_pid_with_another_start_time_is_another_process() -> None:
    pid, start = own_proc().split("-")
    assert not is_alive(f"{pid}-{int(start) + 1}")


def test_a_zombie_is_dead_and_so_is_a_process_that_was_reaped() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    proc = proc_of(process.pid)
    assert is_alive(proc)
    process.kill()
    wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "it is a zombie")
    assert not is_alive(proc)
    process.communicate()
    assert not is_alive(proc)
    with pytest.raises(ProcessLookupError):
        proc_of(process.pid)
