"""What a child does to its supervisor, or leaves behind, is bounded."""

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from harness.errors import ProcessDied
from harness.processes.logs import KEPT_LOG_BYTES, MOST_LOG_BYTES, bound
from harness.processes.procfs import children_of
from harness.processes.supervisor_client import SupervisorClient, log_tail
from tests.faults.test_supervisor import READY, SERVE, python, supervised
from tests.support.chaos import wait_for

FORK_TWICE = (
    "import os,time\n"
    "if not os.fork():\n"
    "    os.setsid()\n"
    "    if not os.fork(): open('{note}','w').write(str(os.getpid())); time.sleep(600)\n"
    "    os._exit(0)\n"
    "os.wait()\n"
)
FLOOD = "\nimport sys\nfor _ in range(40): sys.stdout.write('x' * 1_000_000)\nsys.stdout.flush()"


def test_what_a_child_started_in_a_session_of_its_own_ends_with_the_supervisor(tmp_path: Path) -> None:
    note = tmp_path / "note"

    async def body(supervisor: SupervisorClient) -> None:
        forker = python(tmp_path, f"{FORK_TWICE.format(note=note)}{SERVE}")
        await supervisor.ready([await supervisor.spawn(forker)], 10)
        await asyncio.to_thread(wait_for, lambda: note.exists() and note.read_text(), "the grandchild says its pid")
        assert children_of(supervisor.pid)

    supervised(tmp_path, body)
    assert not psutil.pid_exists(int(note.read_text()))


def test_a_log_that_grows_too_long_is_cut_as_it_grows(tmp_path: Path) -> None:
    log = tmp_path / "0.log"

    async def body(supervisor: SupervisorClient) -> None:
        await supervisor.ready([await supervisor.spawn(python(tmp_path, f"{FLOOD}\n{SERVE}"))], 20)
        await asyncio.to_thread(wait_for, lambda: b"too long a log" in log.read_bytes(), "the log is cut")

    supervised(tmp_path, body)
    assert log.stat().st_size <= MOST_LOG_BYTES


def test_a_log_is_cut_behind_its_beginning_and_says_so(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first words\n" + b"x" * MOST_LOG_BYTES)
    with log.open("ab") as appending:
        bound(log)
        appending.write(b"last words\n")
    assert log.read_bytes().startswith(b"first words\n")
    assert log.stat().st_size < KEPT_LOG_BYTES + 200
    assert log.read_bytes().endswith(b"bytes were cut here: too long a log]\nlast words\n")
    bound(log)
    assert log.read_bytes().endswith(b"last words\n")


def test_the_last_lines_of_a_large_log_are_read_from_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(3_000_000_000)  # a hole: no disk is used
        file.seek(0, os.SEEK_END)
        file.write(b"\nlast words\n")
    assert log_tail(log).endswith("| last words")


@pytest.mark.parametrize("words", ["b'nonsense\\n'", "b'x' * 1_000_000", 'b\'{"say":"ready","port":"x"}\\n\''])
def test_a_child_that_nobody_understands_ends_and_is_named(tmp_path: Path, words: str) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        talker = python(tmp_path, f"{READY};s.sendall({words});s.recv(1)")
        await supervisor.ready([await supervisor.spawn(talker)], 10)
        await asyncio.wait_for(asyncio.shield(supervisor.failure), 10)

    with pytest.raises(ProcessDied, match="worker 0"):
        supervised(tmp_path, body)
    assert "worker 0" in (tmp_path / "supervisor.log").read_text()
