"""Which process it is: its pid paired with its start time, so that no pid is ever confused with a later one."""

import os
from functools import cache
from pathlib import Path

import psutil

_PROC = Path("/proc")


def proc_of(pid: int) -> str:
    """Name a live process "pid-start"; raises ProcessLookupError if there is none.

    The start is in clock ticks since boot on Linux (field 22 of /proc/<pid>/stat), in ms since the epoch elsewhere.
    """
    return f"{pid}-{_start(pid)}"


@cache
def boot_id() -> str:
    """Tell this boot of the machine from all others; empty where it has no name."""
    path = _PROC / "sys" / "kernel" / "random" / "boot_id"
    return path.read_text().strip() if path.exists() else ""


def own_proc() -> str:
    """Name this process."""
    return proc_of(os.getpid())


def is_alive(proc: str) -> bool:
    """Say whether the named process still runs; a zombie does not."""
    pid, _, start = proc.partition("-")
    try:
        return str(_start(int(pid))) == start and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def _start(pid: int) -> int:
    if not _PROC.joinpath("self").exists():
        return int(psutil.Process(pid).create_time() * 1000)
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    return int(stat.rpartition(")")[2].split()[19])  # the command's name may hold spaces and brackets
