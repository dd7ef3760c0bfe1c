"""How many files this process may have open: raised as far as it goes, and what a scenario needs of them."""

import contextlib
import math
import resource
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.planning.scenario import Scenario

ENOUGH = 65_536
"""As many as are asked for at most: what is above costs programs that look through all of them."""
BASE = 64
"""Files that a run has open beside its clients' connections: journals, stores, pipes, libraries."""
REMEDY = "raise the hard limit (`ulimit -Hn`, /etc/security/limits.conf, the container's), or lower load.tickets"


def raise_open_files() -> None:
    """Raise this process's soft limit towards the hard one; its children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # then it stays as it is, and what needs more is warned of
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_files() -> float:
    """Return how many files this process may have open."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft


def needed(scenario: "Scenario") -> int:
    """Return how many files a run of a scenario may need: a connection for every submission that is under way."""
    load = scenario.load
    outstanding = load.count
    if load.arrival.concurrency is not None:
        outstanding = min(outstanding, load.arrival.concurrency)
    elif load.listed:
        outstanding = _most_within(load.timeout, load.listed_arrivals_s)
    elif load.arrival.rate is not None:
        outstanding = min(outstanding, math.ceil(load.arrival.rate * load.timeout))
    return BASE + outstanding


def _most_within(time_s: float, moments_s: list[float]) -> int:
    """Return how many moments, which are in order, lie at most in any such time."""
    return max(bisect_right(moments_s, moment + time_s) - before for before, moment in enumerate(moments_s))


def doubt(scenario: "Scenario") -> str:
    """Say that this machine may not let a scenario have the connections that it needs; nothing where it does."""
    need, have = needed(scenario), open_files()
    if need <= have:
        return ""
    return f"{scenario.name} may need {need} open files at once, this process may have {have:g}: {REMEDY}"
