"""Races as people count them, from a Result: an agent given twice is also an update lost, and is said once."""

from collections.abc import Sequence

from harness.runfolder.result import Repetition

LOST_UPDATES = "lost_updates"


def given_twice(repetitions: Sequence[Repetition]) -> int:
    """Return how many lost updates gave an agent, who was held, to a second ticket."""
    return sum(one.counted_twice.get(LOST_UPDATES, 0) for one in repetitions)


def other_lost_updates(repetitions: Sequence[Repetition]) -> int:
    """Return the lost updates beside those."""
    return int(sum(one.metrics.get(LOST_UPDATES) or 0 for one in repetitions)) - given_twice(repetitions)
