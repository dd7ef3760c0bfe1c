"""Races as people count them, from a Result: an agent given twice is also an update lost, and is said once."""

from collections.abc import Sequence

from harness.runfolder.result import Repetition

LOST_UPDATES = "lost_updates"


def given_twice(repetitions: Sequence[Repetition]) -> int:
    """Return how many lost updates gave an agent, which was held, to a second ticket."""
    return sum(repetition.counted_twice.get(LOST_UPDATES, 0) for repetition in repetitions)


def plain_lost_updates(repetitions: Sequence[Repetition]) -> int:
    """Return how many lost updates gave no agent twice."""
    return int(sum(repetition.metrics.get(LOST_UPDATES) or 0 for repetition in repetitions)) - given_twice(repetitions)
