"""`chaos replay`: which tickets of a recorded run a release would break, and what it exits with."""

import json
from pathlib import Path

import pytest

from tests.support.chaos import asked
from tests.support.recorded import unpacked


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return unpacked(tmp_path)


def test_a_release_that_comes_to_every_history_passes(run: Path) -> None:
    ran = asked("replay", str(run))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "16 histories (0 open) replayed against the first release: no tickets would break\n"


def leave(run: Path, count: int) -> None:
    """Take away all histories of tickets but so many."""
    for history in sorted((run / "temporal" / "1" / "histories").glob("T-*.json"))[count:]:
        history.unlink()


def test_tickets_that_would_break_are_named_with_the_reason(run: Path) -> None:
    leave(run, 8)
    ran = asked("replay", str(run), "--release", "insert_step")
    first, *lines = ran.out.splitlines()
    assert ran.code == 1
    assert first == f"8 histories (0 open) replayed against insert_step: {len(lines)} tickets would break"
    assert all("(closed): [TMPRL1100] Nondeterminism error" in line for line in lines)


def test_as_json(run: Path) -> None:
    leave(run, 8)
    ran = asked("replay", str(run), "--release", "insert_step", "--json")
    answer = json.loads(ran.out)
    assert (answer["schema"], answer["release"], answer["replayed"]) == (1, "insert_step", 8)
    assert {broken["system"] for broken in answer["broken"]} == {"temporal"}
    assert answer["broken"][0].keys() == {"system", "repetition", "ticket", "history", "is_open", "why"}


def test_where_nothing_was_exported_nothing_is_known(run: Path) -> None:
    for history in (run / "temporal" / "1" / "histories").glob("*.json"):
        history.unlink()
    ran = asked("replay", str(run))
    assert (ran.code, ran.out) == (3, "nothing was replayed: the run exported no history of a ticket\n")


@pytest.mark.parametrize("arguments", [["nowhere"], [".", "--release", "no_such"]])
def test_what_is_no_run_or_no_release_is_a_usage_error(arguments: list[str]) -> None:
    ran = asked("replay", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert arguments[-1] in ran.err
