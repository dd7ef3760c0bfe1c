"""The program's streams: whoever reads, or does not, changes no exit code."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chaos import ROOT

COMMANDS = ("metrics", "list", "schema", "plan worker-kill", "validate worker-kill", "--help")
FULL = Path("/dev/full")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which `chaos` is this checkout's program."""
    program = f'chaos() {{ "{sys.executable}" -m harness "$@"; }}; set -o pipefail; '
    return subprocess.run(["bash", "-c", program + line], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_who_has_enough_changes_no_exit_code(command: str) -> None:
    ran = shell(f"chaos {command} | head -c 1")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_reader_who_has_enough_of_mistakes_changes_no_exit_code() -> None:
    assert shell("chaos validate no-such 2>&1 | true").returncode == 2


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code(closed: str) -> None:
    assert shell(f"chaos metrics {closed}").returncode == 0
    assert shell(f"chaos validate no-such {closed}").returncode == 2


def test_a_terminal_that_is_gone_changes_no_exit_code() -> None:
    ours, theirs = pty.openpty()
    os.close(ours)
    argv = [sys.executable, "-m", "harness", "metrics"]
    ran = subprocess.run(argv, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False)
    os.close(theirs)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_what_cannot_be_written_is_the_environments_where_it_is_the_result() -> None:
    for command in ("metrics", "schema"):  # less than a buffer, and more
        ran = shell(f"chaos {command} > {FULL}")
        assert ran.returncode == 4
        assert "cannot write to stdout: No space left" in ran.stderr
        assert "Traceback" not in ran.stderr
    assert shell(f"chaos metrics 2> {FULL} > /dev/null").returncode == 0


def test_signs_that_a_stream_cannot_write_are_escaped() -> None:
    ran = shell("PYTHONIOENCODING=latin-1 chaos validate sc–nario")
    assert (ran.returncode, "sc\\u2013nario" in ran.stderr) == (2, True)
