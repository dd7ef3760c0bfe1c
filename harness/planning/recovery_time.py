"""How long recovery from a fault may take by a system's own time-outs, before anything ran."""

from harness.faults.spec import FaultSpec
from harness.planning.scenario import Desk, SystemBlock


def recovery_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
    """Return how long recovery may take: its waits pass beside what the fault blocks, then a step is redone.

    A ticket that kills each process that takes it up recovers so often, one recovery after the other.
    """
    # Side by side, so the longer of the two: a time-out runs on while the process stands still.
    once_s = max(fault.blocked_s(), _wait_s(fault, block, desk)) + max(desk.step_time.values())
    if fault.recovery_wait() != "detection":
        return once_s
    return fault.failures() * once_s + _longer_retries_s(fault.failures(), block, desk)


def _longer_retries_s(times: int, block: SystemBlock, desk: Desk) -> float:
    """Return by how much the retries of a step wait longer than as many first ones, together."""
    first_s, all_s = (block.own.retry_s(n, desk.times()) for n in (1, times))
    return max(0.0, all_s - times * first_s)


def _wait_s(fault: FaultSpec, block: SystemBlock, desk: Desk) -> float:
    settings, times = block.own, desk.times()
    awaited = fault.recovery_wait()
    if awaited == "retry":
        return settings.retry_s(fault.failures(), times)
    # A pause shorter than the system's patience simply ends; a longer one is taken for a death, and found out as one.
    is_given_up = fault.blocked_s() >= settings.patience_s(times)
    if awaited == "dead connection":
        return max(settings.detection_s(times), settings.reconnect_s())
    if awaited == "detection" or (awaited == "end or detection" and is_given_up):
        return settings.detection_s(times)
    return 0.0
