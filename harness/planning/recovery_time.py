"""How long recovery from a fault may take by a system's own time-outs, before anything ran."""

import msgspec

from harness.faults.spec import FaultSpec
from harness.planning.scenario import Desk, SystemBlock
from systems.registry import SETTINGS


def recovery_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
    """Return how long recovery may take: its waits pass beside what the fault blocks, then a step is redone.

    A ticket that kills whoever takes it up recovers so often, one recovery after the other.
    """
    once_s = max(fault.blocked_s(), _wait_s(fault, block, desk)) + max(desk.step_time.values())
    if fault.recovery_wait() != "detection":
        return once_s
    return fault.failures() * once_s + _longer_retries_s(fault.failures(), block, desk)


def _longer_retries_s(times: int, block: SystemBlock, desk: Desk) -> float:
    """Return by how much the retries of a step wait longer than as many first ones, together."""
    settings = msgspec.convert(block.settings, SETTINGS[block.system])
    first_s, all_s = (settings.retry_s(n, desk.step_time, desk.agent_timeout) for n in (1, times))
    return max(0.0, all_s - times * first_s)


def _wait_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
    settings = msgspec.convert(block.settings, SETTINGS[block.system])
    awaited = fault.recovery_wait()
    if awaited == "retry":
        return settings.retry_s(fault.failures(), desk.step_time, desk.agent_timeout)
    is_found_dead = fault.blocked_s() >= settings.patience_s(desk.step_time, desk.agent_timeout)
    if awaited == "detection" or (awaited == "end or detection" and is_found_dead):
        return settings.detection_s(desk.step_time, desk.agent_timeout)
    return 0.0
