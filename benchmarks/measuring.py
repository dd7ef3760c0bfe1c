"""Measuring a command: CPU seconds and peak memory of a process, as the kernel counted them."""

import os
import statistics
import sys

ROUNDS = 5


def usage(argv: list[str]) -> tuple[float, int]:
    """Run a command quietly and return (CPU s, peak resident bytes)."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0o600) for fd in (1, 2)]
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=quiet)
    _, _, used = os.wait4(pid, 0)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def median_cpu_s(argv: list[str], rounds: int = ROUNDS) -> float:
    """Return the median CPU seconds of several runs, after one that warms the caches."""
    return medians_cpu_s([argv], rounds)[0]


def medians_cpu_s(commands: list[list[str]], rounds: int) -> list[float]:
    """Return the median CPU seconds of each command; they take turns, so that all see the machine alike."""
    for argv in commands:
        usage(argv)
    turns = [[usage(argv)[0] for argv in commands] for _ in range(rounds)]
    return [statistics.median(seen) for seen in zip(*turns, strict=True)]


def python(*arguments: str) -> list[str]:
    """Make the argument vector of this Python."""
    return [sys.executable, *arguments]
