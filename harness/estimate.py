"""How long a scenario will take, roughly: a guess from its load, its steps and its faults, before anything ran."""

from collections.abc import Collection

from harness.scenario import Scenario

COLUMN_S = 4.0
"""What starting and ending a system takes, roughly."""


def repetition_s(scenario: Scenario) -> float:
    """Guess roughly how long one repetition of one system will take."""
    rate = scenario.load.arrival.rate
    load = scenario.load.tickets / rate if rate else 1.0
    walk = sum(scenario.desk.step_time.values()) / 2
    held = max((fault.holds_s() for fault in scenario.faults), default=0.0)
    return COLUMN_S + load + walk + held


def estimate_s(scenario: Scenario, labels: Collection[str] = ()) -> float:
    """Guess roughly how long a scenario will take with the systems `labels` (none: all)."""
    columns = sum(not labels or block.label in labels for block in scenario.systems)
    return columns * scenario.repeat * repetition_s(scenario)
