"""Capacity: what a system can serve at most, by the tickets' paths and the steps' times alone. Pure.

Orchestration, the store and the machine come on top, so a system never serves more than this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from harness.faults.spec import FaultSpec, PlannedTicket
from harness.planning.scenario import Load, SystemBlock

StepTimes = Mapping[str, float]
"""How long each step takes, in s."""


@dataclass(frozen=True)
class Work:
    """What planned tickets ask of a system: `walks` has the step time (s) of each ticket's whole path."""

    walks: tuple[float, ...]
    longest_step_s: float

    @cached_property
    def mean_s(self) -> float:
        """Return the step time of a ticket on average, in s: so long it holds a thread, in one go or in parts."""
        return sum(self.walks) / len(self.walks)

    @cached_property
    def longest_s(self) -> float:
        """Return the longest step time of a ticket, in s."""
        return max(self.walks)

    def unbroken_s(self, thread_holds: Literal["ticket", "step"]) -> float:
        """Return how long a thread may be held in one go, in s, by what it is held for."""
        return self.longest_s if thread_holds == "ticket" else self.longest_step_s


def work(tickets: Sequence[PlannedTicket], step_time: StepTimes) -> Work:
    """Return what tickets ask for, by their oracle's path; a fault's retries and delays are not part of it."""
    walks = tuple(sum(step_time[passage.step] for passage in ticket.oracle.path) for ticket in tickets)
    steps = {passage.step for ticket in tickets for passage in ticket.oracle.path}
    return Work(walks, max(step_time[step] for step in steps))


def threads(block: SystemBlock) -> int:
    """Return how many steps a system runs at once, over all its processes."""
    return block.own.parallel_steps()


def served_at_most(block: SystemBlock, asked: Work) -> float:
    """Return the tickets that a system can serve in a second; infinite where steps take no time."""
    # The utilization law (Denning and Buzen 1978, ACM Computing Surveys 10): m servers that are each held for S seconds
    # complete at most m/S in a second, whatever the distribution and the order.
    return threads(block) / asked.mean_s if asked.mean_s else float("inf")


def last_wait_s(block: SystemBlock, load: Load, asked: Work) -> float:
    """Return how long the last ticket of an open load waits for a thread, in s; 0 where threads suffice.

    As many tickets as there are threads are taken up at once, all others at the rate at which threads become free.
    """
    if load.rate is None:
        return 0.0
    served, last_s = served_at_most(block, asked), load.last_arrival_s
    # Evenly spaced tickets queue from the first on, or never; others may queue from any of them on.
    arrivals = load.listed_arrivals_s or [0.0]
    queues = ((load.count - before - threads(block)) / served - (last_s - at) for before, at in enumerate(arrivals))
    return max(0.0, *queues)


def load_ends_s(block: SystemBlock, load: Load, asked: Work) -> float:
    """Return when the last ticket ends, by its steps alone and without faults, in s after the first submission."""
    if load.rate is not None:
        return load.last_arrival_s + last_wait_s(block, load, asked) + asked.longest_s
    # A closed loop has no rate: its clients' number, or the threads, limits how much is under way.
    at_once = min(threads(block), load.arrival.concurrency or load.count)
    return load.last_arrival_s + load.count * asked.mean_s / at_once + asked.longest_s


def drain_s(fault: FaultSpec, block: SystemBlock, tickets: Sequence[PlannedTicket], step_time: StepTimes) -> float:
    """Return how long (s) the steps that a fault held back take once it is over: by threads, and the longest walk."""
    steps = sum(len(ticket.oracle.path) for ticket in tickets)
    held_back = fault.held_back(steps)
    if not held_back:
        return 0.0
    asked = work(tickets, step_time)
    return held_back / steps * sum(asked.walks) / threads(block) + asked.longest_s


def thread_holds(block: SystemBlock) -> Literal["ticket", "step"]:
    """Return what a thread of this system is held for."""
    return block.own.thread_holds


def acknowledges(block: SystemBlock) -> Literal["accepted", "done"]:
    """Return what an ok of this system tells its client."""
    return block.own.acknowledges
