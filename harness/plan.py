"""A Plan: all that (scenario, seed) decides before anything starts, byte for byte the same everywhere."""

import msgspec

from harness.faults.fault import FaultInstance, PlannedTicket
from harness.scenario import Scenario


class Plan(msgspec.Struct, frozen=True):
    """Tickets with their oracle, and every fault instance; `canaries` are walked first and not counted."""

    schema: int
    seed: int
    scenario: Scenario
    tickets: tuple[PlannedTicket, ...]
    canaries: tuple[PlannedTicket, ...]
    faults: tuple[FaultInstance, ...]
