"""A system that forks, floods its log or harms the record does not take the run down with it; one of them, once.

`make trust` runs all of them.
"""

from pathlib import Path

import pytest

from tests.broken.bad_luck.cases import CASES, complaints

TRIED = ("forks",)


@pytest.mark.parametrize("name", TRIED)
def test_a_run_with_an_unlucky_system_ends_is_judged_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    assert complaints(CASES[name], CASES[name].run(tmp_path)) == []
