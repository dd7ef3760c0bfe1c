"""Whether settling is long enough to see the recovery that the settings promise after each fault."""

import sys
from collections.abc import Iterator
from operator import itemgetter

from harness.faults.spec import applies
from harness.planning import plan as planning
from harness.planning.capacity import drain_s
from harness.planning.reading.draft import Draft
from harness.planning.reading.planned import PLANNED
from harness.planning.recovery_time import recovery_s

NEEDED = (".settle", ".desk.step_time", ".desk.agent_timeout")


def settles_too_soon(draft: Draft) -> Iterator[tuple[str, str]]:
    """Tell of the fault that needs the longest settling, if that is longer than the scenario settles."""
    if not draft.knows(*NEEDED):
        return
    scenario = draft.scenario
    desk = scenario.desk
    # What stands in line when a fault is over can be known only where the tickets are; planning them takes long,
    # and few faults hold anything back.
    holds_back = any(fault.held_back(sys.maxsize) for fault in draft.faults.values())
    tickets = planning.tickets(scenario, scenario.seed) if holds_back and draft.knows(*PLANNED) else ()
    needs = [
        (round(recovery_s(fault, block, desk) + drain_s(fault, block, tickets, desk.step_time), 3), number, block.label)
        for number, fault in draft.faults.items()
        for block in scenario.systems
        if applies(fault, draft.faults.values(), block.capabilities, block.label)
        and draft.knows(f".systems.{block.label}")
    ]
    needed, number, label = max(needs, key=itemgetter(0), default=(0.0, 0, ""))
    if scenario.settle < needed:
        settle = draft.named(".settle", f"{scenario.settle:g}s")
        what = f"{settle}: expected at least {needed:.10g} s, as {label} may need so long to recover from this fault"
        yield f".faults[{number}]", f"{what}; found {scenario.settle:g} s"
