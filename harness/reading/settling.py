"""Whether settling is long enough to see the recovery that the settings promise after each fault."""

from collections.abc import Iterator

import msgspec

from harness.faults import FaultSpec
from harness.reading.draft import Draft
from harness.scenario import Desk, SystemBlock
from systems.registry import SETTINGS

NEEDED = (".settle", ".desk.step_time", ".desk.agent_timeout")


def settles_too_soon(draft: Draft) -> Iterator[tuple[str, str]]:
    """Tell of the fault that needs the longest settling, if that is longer than the scenario settles."""
    if not draft.knows(*NEEDED):
        return
    scenario = draft.scenario
    needs = [
        (round(_needed_s(fault, block, scenario.desk), 3), number, block.label)
        for number, fault in draft.faults.items()
        for block in scenario.systems
        if fault.applies_to(block.system) and draft.knows(f".systems.{block.label}")
    ]
    needed, number, label = max(needs, key=lambda one: one[0], default=(0.0, 0, ""))
    if scenario.settle < needed:
        settle = draft.named(".settle", f"{scenario.settle:g}s")
        what = f"{settle}: expected at least {needed:.10g} s, as {label} may need so long to recover from this fault"
        yield f".faults[{number}]", f"{what}; found {scenario.settle:g} s"


def _needed_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
    """Return how long recovery may take: its waits pass beside what the fault holds, then a step is redone."""
    return max(fault.holds_s(), _wait_s(fault, block, desk)) + max(desk.step_time.values())


def _wait_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
    settings = msgspec.convert(block.settings, SETTINGS[block.system])
    awaited = fault.awaits()
    if awaited == "retry":
        return settings.retry_s(fault.failures(), desk.step_time, desk.agent_timeout)
    is_found_dead = fault.holds_s() >= settings.patience_s(desk.step_time, desk.agent_timeout)
    if awaited == "detection" or (awaited == "end or detection" and is_found_dead):
        return settings.detection_s(desk.step_time, desk.agent_timeout)
    return 0.0
