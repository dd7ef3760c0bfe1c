"""What /proc says of processes: the states of a process's threads, and whose children there are."""

import contextlib
import sys
from pathlib import Path


def task_states(pid: int) -> list[str]:
    """Return the state of every thread of a process, as one letter each; "T" where the system cannot say per thread."""
    tasks = Path("/proc") / str(pid) / "task"
    if not sys.platform.startswith("linux"):
        return ["T"]
    states = []
    for task in tasks.iterdir():
        with contextlib.suppress(OSError):  # a thread that ended meanwhile
            states.append((task / "stat").read_text().rpartition(")")[2].split()[0])
    return states


def children_of(parent: int) -> list[int]:
    """Return the ids of a process's children, dead ones that nobody reaped included; none where there is no /proc."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # a process that ended meanwhile
            _, parent_of = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if int(parent_of) == parent:
                children.append(int(stat.parent.name))
    return children
