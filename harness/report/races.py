"""Races as people count them, from a Result: an agent given twice is also an update lost, and is said once."""

from collections.abc import Sequence

from harness.result import Repetition


def is_given_twice(repetitions: Sequence[Repetition]) -> bool:
    """Say whether an agent was given to a second ticket, which overwrites what the first one wrote."""
    return any(one.metrics.get("double_assignments") and one.metrics.get("lost_updates") for one in repetitions)


def other_lost_updates(repetitions: Sequence[Repetition]) -> int:
    """Return the lost updates beside those that gave an agent away a second time."""
    return sum(max(0, _count("lost_updates", one) - _count("double_assignments", one)) for one in repetitions)


def _count(metric: str, one: Repetition) -> int:
    return int(one.metrics.get(metric) or 0)
