"""Which process it is: its pid paired with its start time, so that no pid is ever confused with a later one."""

import os
from functools import cache
from pathlib import Path

PROC = Path("/proc")


def proc_of(pid: int) -> str:
    """Name a live process "pid-start"; raises ProcessLookupError if there is none.

    The start is in clock ticks since boot on Linux (field 22 of /proc/<pid>/stat), in ms since the epoch elsewhere.
    """
    return f"{pid}-{_look(pid)[0]}"


@cache
def boot_id() -> str:
    """Tell this boot of the machine from all others; empty where it has no name."""
    path = PROC / "sys" / "kernel" / "random" / "boot_id"
    return path.read_text().strip() if path.exists() else ""


def own_proc() -> str:
    """Name this process."""
    return proc_of(os.getpid())


def is_alive(proc: str) -> bool:
    """Say whether the named process still runs; a zombie does not."""
    pid, _, start = proc.partition("-")
    try:
        began, is_zombie = _look(int(pid))
    except ProcessLookupError:
        return False
    return str(began) == start and not is_zombie


def _look(pid: int) -> tuple[int, bool]:
    """Return when a process began, and whether it has ended and only its parent has not noticed yet."""
    if not PROC.joinpath("self").exists():
        return _look_elsewhere(pid)
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    fields = stat.rpartition(")")[2].split()  # the command's name may hold spaces and brackets
    return int(fields[19]), fields[0] == "Z"


def _look_elsewhere(pid: int) -> tuple[int, bool]:
    """Look where the system has no /proc."""
    import psutil  # noqa: PLC0415 - every process of a run imports this module, and it takes a tenth of its start

    try:
        process = psutil.Process(pid)
        return int(process.create_time() * 1000), process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        raise ProcessLookupError(pid) from None
