"""How long a scenario will take, roughly: a guess from its load, its steps and its faults, before anything ran."""

from collections.abc import Collection

from harness.faults.spec import applies
from harness.planning.recovery_time import recovery_s
from harness.planning.scenario import Scenario, SystemBlock

COLUMN_S = 3.0
"""What starting and ending a system takes, roughly."""


def column_s(scenario: Scenario, block: SystemBlock) -> float:
    """Guess roughly how long one repetition of one system will take."""
    faults = (fault for fault in scenario.faults if applies(fault, scenario.faults, block.capabilities, block.label))
    recovery = max((recovery_s(fault, block, scenario.desk) for fault in faults), default=0.0)
    # A ticket's path has about half of the steps that there are, and the last one to arrive has all of it ahead.
    return COLUMN_S + scenario.load.last_arrival_s + sum(scenario.desk.step_time.values()) / 2 + recovery


def repetition_s(scenario: Scenario) -> float:
    """Guess roughly how long one repetition of one system will take, whichever it is."""
    return sum(column_s(scenario, block) for block in scenario.systems) / len(scenario.systems)


def estimate_s(scenario: Scenario, labels: Collection[str] = ()) -> float:
    """Guess roughly how long a scenario will take with the systems `labels` (none: all)."""
    columns = [column_s(scenario, block) for block in scenario.systems if not labels or block.label in labels]
    return sum(columns) * scenario.repeat
