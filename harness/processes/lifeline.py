"""A child that never outlives its parent: the parent-death signal, set between fork and exec."""

import ctypes
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def death_signal() -> Any:
    """Return prctl(2) where there is one: looked up before any fork, as a fork must not load libraries."""
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None, use_errno=True).prctl


def die_with(prctl: Any, parent: int) -> None:
    """Wish, in the child, to be killed when the thread that forked it ends; leave at once if it has."""
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
