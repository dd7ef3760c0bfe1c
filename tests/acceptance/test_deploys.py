"""Deploys, really rolled out: what each change does to open tickets under each guard, and that a rollback mends it."""

from pathlib import Path

import pytest

from benchmarks.deploys import FAILED, HARM, KINDS, MIXED, expected, is_as_expected, scenario, temporal
from systems.desk.releases import FlowRelease
from tests.support.chaos import Ran, run_scenario

QUICK = {("none", "insert_step"): ", processes: 1"}
"""What `make test` takes of it, with one worker that leaves; all of it is in `make soak`, and ten times
over in `python -m benchmarks.deploys`."""


def deployed(
    folder: Path, release: str, system: str, column: str = "temporal", more: str = "grace: 6s", nth: int = 4
) -> Ran:
    is_long = "pinned" in system and release == "forget_step"
    return run_scenario(folder, scenario(release, {column: system}, more, nth, is_long=is_long))


def harm_of(ran: Ran, column: str = "temporal") -> set[str]:
    """Return which kinds of harm came to any ticket; every check must hold and the deploy have landed."""
    repetition = ran.repetition(column)
    assert [fault["landed"] for fault in repetition["faults"]] == [1], repetition["faults"]
    doubts = {name: verdict for name, verdict in ran.checks(column).items() if verdict not in {"valid", "overloaded"}}
    assert doubts == {}, repetition["checks"]
    return {name for name in HARM if repetition["metrics"][name]}


CASES = [
    pytest.param(guard, release, id=f"{guard} {release}", marks=() if (guard, release) in QUICK else pytest.mark.soak)
    for guard, kinds in KINDS.items()
    if guard != "sync"
    for release in kinds
]


@pytest.mark.parametrize(("guard", "release"), CASES)
def test_each_change_does_under_each_guard_what_the_table_says(tmp_path: Path, guard: str, release: str) -> None:
    harm = harm_of(deployed(tmp_path, release, temporal(guard, QUICK.get((guard, release), ""))))
    assert is_as_expected(release, guard, harm), f"{harm}, expected {expected(release, guard)}"


@pytest.mark.soak
@pytest.mark.parametrize("release", FlowRelease)
def test_a_service_that_drains_is_unharmed_unless_the_release_itself_is_broken(
    tmp_path: Path, release: FlowRelease
) -> None:
    ran = deployed(tmp_path, release, "system: sync", "sync")
    assert harm_of(ran, "sync") == ({FAILED} if release is FlowRelease.FORGET_STEP else set())


@pytest.mark.soak
def test_a_walk_that_is_cut_off_and_taken_up_by_another_release_is_a_mixture_too(tmp_path: Path) -> None:
    system = "system: sync, resubmit: {attempts: 3}"
    ran = deployed(tmp_path, "insert_step", system, "sync", more="grace: 100ms")
    assert harm_of(ran, "sync") == {MIXED}


@pytest.mark.soak
@pytest.mark.parametrize("on", ["wedge", "fail"])
def test_a_rollback_brings_back_what_stood_still_and_not_what_was_failed(tmp_path: Path, on: str) -> None:
    system = temporal("none", f", on_nondeterminism: {on}")
    # The last ticket is past the change as well: none goes the release's way, and would be stopped by the rollback.
    ran = deployed(tmp_path, "insert_step", system, more="grace: 6s, rollback_after: 2s", nth=8)
    assert harm_of(ran) == ({FAILED} if on == "fail" else set())
    seconds = ran.repetition("temporal")["metrics"]["wedged_seconds"]
    assert (seconds > 0) is (on == "wedge")
