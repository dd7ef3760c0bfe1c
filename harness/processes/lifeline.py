"""A child that never outlives its parent: the parent-death signal, wished for by the child before or after its exec."""

import ctypes
import os
import signal
import sys
from typing import Any

# Why this as well as a socket that closes: a child that never reads the socket (an engine, a database, a worker that is
# still importing) has no thread that could notice. The kernel notices for it. Two things go wrong easily. The signal is
# bound to the thread that forked, not to its process, so the forking one must live as long as the children may: the
# supervisor has one thread alone. And a parent that dies between fork and prctl is never reported, so the child looks
# who its parent is once the wish is made.

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def process_control() -> Any:
    """Return prctl(2) where there is one: looked up before any fork, as a fork must not load libraries."""
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None, use_errno=True).prctl


def adopt_orphans(prctl: Any) -> None:
    """Become the parent of whatever descends from this process and loses its own, where the system can do that.

    A child's child that left its group and its session is found by nothing else.
    """
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(prctl: Any, parent: int) -> None:
    """Wish, in the child, to be killed when the thread that forked it ends; leave at once if it has."""
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
