"""Systems with a bug planted in them are caught by what is there for the bug, and by nothing else; one of them, once.

`make trust` runs all of them ten times.
"""

import random
from pathlib import Path

import pytest

from tests.broken.judge import attempts
from tests.broken.plant import Plant
from tests.broken.plants import PLANTS

SEED = 7
TRIED = random.Random(SEED).sample(PLANTS, 1)


@pytest.mark.parametrize("plant", TRIED, ids=lambda plant: plant.slug)
def test_a_planted_bug_is_caught_by_what_is_there_for_it_and_by_nothing_else(plant: Plant, tmp_path: Path) -> None:
    assert attempts(plant, tmp_path, times=1) == [[]]
