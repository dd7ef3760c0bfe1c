"""A harness with a broken part is never green, and a sound one raises no alarm: one of what `make trust` tries."""

import random
from pathlib import Path

import pytest

from tests.broken.harness.broken_part import all_parts
from tests.broken.harness.loads import SYNC
from tests.support.chaos import run_scenario
from tests.trust.parts.clean import drawn
from tests.trust.parts.harness_parts import misses, run_broken
from tests.trust.runs import not_valid

PARTS = all_parts()
QUICK = sorted(slug for slug, part in PARTS.items() if part.load == SYNC)
FEW = random.Random(14).sample(QUICK, 1)


def test_there_are_many_and_each_names_what_must_catch_it() -> None:
    assert len(PARTS) >= 14
    assert len({part.what for part in PARTS.values()}) == len(PARTS)
    assert [slug for slug, part in PARTS.items() if not (part.caught or part.says or part.code)] == []


@pytest.mark.parametrize("slug", FEW)
def test_a_broken_part_is_caught_by_just_what_must(tmp_path: Path, slug: str) -> None:
    assert misses(PARTS[slug], run_broken(PARTS[slug], tmp_path)) == ""


def test_a_run_in_which_nothing_is_wrong_raises_no_alarm(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, drawn(2).scenario())
    assert (ran.code, not_valid(ran)) == (0, {})
