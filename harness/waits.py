"""How long recovery from a fault may take by a system's own time-outs, before anything ran."""

import msgspec

from harness.faults import FaultSpec
from harness.scenario import Desk, SystemBlock
from systems.registry import SETTINGS


def recovery_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
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
