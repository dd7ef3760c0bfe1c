"""Hostile inputs, the reduced form of what `make trust` tries: about two hundred."""

from pathlib import Path

import pytest
from hypothesis import Phase

from tests.trust.inputs.batch import KINDS, Kind, make
from tests.trust.parts.inputs import tried_apart

LATER = 1001
"""A batch that `make trust` does not try: each of the two looks where the other does not."""
COUNTS = {"scenarios": 70, "expectations": 100, "folders": 12}


@pytest.mark.parametrize("kind", COUNTS)
def test_hostile_inputs_neither_break_the_program_nor_pass_for_sound(kind: str, tmp_path: Path) -> None:
    tally, said = tried_apart(kind, LATER, COUNTS[kind], tmp_path)
    assert tally is not None, said
    assert (tally.tried, tally.faults, tally.shrunk) == (COUNTS[kind], {}, "")
    assert {code.rpartition(" ")[2] for code in tally.codes} >= {"0", "2"}


@pytest.mark.parametrize("kind", COUNTS)
def test_the_same_batch_is_the_same_inputs(kind: str) -> None:
    first, again, other = (inputs(KINDS[kind], number, 10) for number in (LATER, LATER, LATER + 1))
    assert first == again != other
    assert len(set(first)) == 10


def inputs(kind: Kind, number: int, count: int) -> list[str]:
    every: dict[str, None] = {}
    make(kind, number, 3 * count, (Phase.generate,), lambda given: every.setdefault(repr(given)))
    return list(every)[:count]
