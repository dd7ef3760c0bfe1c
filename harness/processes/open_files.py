"""How many files this process may have open: raised as far as it goes, and what a scenario needs of them."""

import contextlib
import math
import resource
from bisect import bisect_right
from typing import TYPE_CHECKING

from harness.errors import EnvironmentFailure

if TYPE_CHECKING:
    from harness.planning.scenario import Load, Scenario, SystemBlock

ENOUGH = 65_536
"""As many as are asked for at most: what is above costs programs that look through all of them."""
BASE = 64
"""Files that a run has open beside its clients' connections: journals, stores, pipes, libraries."""
OWN = 12
"""Those of them that are certain, in every run."""
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
    outstanding = _together(load)
    if load.listed:
        outstanding = _most_within(load.timeout, load.listed_arrivals_s)
    elif load.arrival.rate is not None:
        outstanding = min(load.count, math.ceil(load.arrival.rate * load.timeout))
    return BASE + outstanding


def _together(load: "Load") -> int:
    """Return how many submissions are under way together because the load says so, however fast they are answered."""
    if load.listed or load.arrival.rate is not None:
        return 0
    return load.count if load.arrival.concurrency is None else min(load.count, load.arrival.concurrency)


def refuse_too_few(scenario: "Scenario", block: "SystemBlock") -> None:
    """Raise EnvironmentFailure where clients that come together, each with a connection, need more than there may be.

    Some runs would get through all the same, where early clients are done before late ones connect: by luck, and not
    as the load says.
    """
    from systems.settings import Capability  # noqa: PLC0415 - what starts this program should not wait for it

    need, have = OWN + _together(scenario.load), open_files()
    if Capability.SERVICE in block.capabilities and need > have:
        clients = f"{_together(scenario.load)} clients that come together, and a connection for each of them"
        raise EnvironmentFailure(
            f"{block.label}: {clients}, need {need} open files, this process may have {have:g}: {REMEDY}"
        )


def _most_within(time_s: float, moments_s: list[float]) -> int:
    """Return how many moments, which are in order, lie at most in any such time."""
    return max(bisect_right(moments_s, moment + time_s) - before for before, moment in enumerate(moments_s))


def doubt(scenario: "Scenario") -> str:
    """Say that this machine may not let a scenario have the connections that it needs; nothing where it does."""
    need, have = needed(scenario), open_files()
    if need <= have:
        return ""
    return f"{scenario.name} may need {need} open files at once, this process may have {have:g}: {REMEDY}"
