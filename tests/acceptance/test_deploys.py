"""Deploys, really rolled out: what each change does to open tickets under each guard, and that a rollback mends it."""

from pathlib import Path

import pytest

from systems.desk.releases import FlowRelease
from tests.support.chaos import Ran, run_scenario

SCENARIO = """
    name: deploys
    seed: 42
    load: {tickets: TICKETS, arrival: {rate: RATE}, priorities: {low: 1}, timeout: 30s}
    desk:
      step_time: {default: 20ms, search_knowledge_base: 200ms, validate_resolution: 300ms, agent_resolve: 300ms}
      outcomes: {kb_miss: 0, resolution_invalid: 1}
    systems: {COLUMN: {SYSTEM}}
    faults:
      - {kind: deploy, when: {step: STEP, visit: VISIT, occurrence: NTH}, release: RELEASE, MORE}
    settle: 40s
"""
BETWEEN: dict[str, tuple[str, int]] = {
    "append_step": ("validate_resolution", 1),
    "insert_step": ("validate_resolution", 1),
    "remove_step": ("notify_customer", 2),
    "swap_steps": ("notify_customer", 3),
    "swap_purposes": ("validate_resolution", 1),
    "change_result": ("validate_resolution", 1),
    "rename_step": ("validate_resolution", 1),
    "forget_step": ("search_knowledge_base", 1),
}
"""Where a ticket is as the release comes, so that it is between what the release tells apart."""
WEDGED, WRONG, MIXED, LOST, UNHARMED = "wedged", "wrong_results", "mixed_paths", "lost", ""
NONE = {
    "append_step": UNHARMED,
    "insert_step": WEDGED,
    "remove_step": WEDGED,
    "swap_steps": WEDGED,
    "swap_purposes": WRONG,
    "change_result": MIXED,
    "rename_step": WEDGED,
    "forget_step": LOST,
}
IN_STEPS = {"change_result": MIXED, "forget_step": LOST}
"""What no guard of the flow's code sees: the steps' own."""
KINDS: dict[str, dict[str, str]] = {
    "none": NONE,
    "auto_upgrade": NONE,
    "patched": {release: IN_STEPS.get(release, UNHARMED) for release in NONE},
    "pinned": {release: LOST if release == "forget_step" else UNHARMED for release in NONE},
}
HARM = (WEDGED, WRONG, MIXED, LOST, "failed", "rejected")
QUICK = {("none", "insert_step"), ("none", "swap_purposes")}
"""What `make test` takes of it; all of it is in `make soak`."""


def deployed(
    folder: Path, release: str, system: str, column: str = "temporal", more: str = "grace: 6s", nth: int = 4
) -> Ran:
    step, visit = BETWEEN[release]
    text = SCENARIO.replace("COLUMN", column).replace("SYSTEM", system).replace("STEP,", f"{step},")
    # A release that is broken by itself, and pinned, is met by tickets that arrive once it is out, and by no others.
    tickets, rate = ("40", "2/s") if "pinned" in system and release == "forget_step" else ("8", "4/s")
    text = text.replace("TICKETS", tickets).replace("RATE", rate).replace("NTH", str(nth))
    text = text.replace("VISIT", str(visit)).replace("RELEASE", release).replace("MORE", more)
    return run_scenario(folder, text)


def temporal(guard: str, more: str = "") -> str:
    return f"system: temporal, profile: tuned, versioning: {guard}{more}"


def harm_of(ran: Ran, column: str = "temporal") -> set[str]:
    """Return which kinds of harm came to any ticket; every check must hold and the deploy have landed."""
    repetition = ran.repetition(column)
    assert [fault["landed"] for fault in repetition["faults"]] == [1], repetition["faults"]
    doubts = {name: verdict for name, verdict in ran.checks(column).items() if verdict not in {"valid", "overloaded"}}
    assert doubts == {}, repetition["checks"]
    return {name for name in HARM if repetition["metrics"][name]}


def expected(kind: str) -> set[str]:
    """Return the harm of a kind of outcome: who got another call's result went a mixed path as well."""
    return {UNHARMED: set(), WRONG: {WRONG, MIXED}}.get(kind, {kind})


CASES = [
    pytest.param(guard, release, id=f"{guard} {release}", marks=() if (guard, release) in QUICK else pytest.mark.soak)
    for guard, kinds in KINDS.items()
    for release in kinds
]


@pytest.mark.parametrize(("guard", "release"), CASES)
def test_each_change_does_under_each_guard_what_the_table_says(tmp_path: Path, guard: str, release: str) -> None:
    ran = deployed(tmp_path, release, temporal(guard))
    # Whose step was asked for by its old name, and not begun when the workers left, is tried for ever like a forgotten.
    besides = {LOST} if release == "rename_step" and KINDS[guard][release] == WEDGED else set()
    assert harm_of(ran) - besides == expected(KINDS[guard][release])


@pytest.mark.soak
@pytest.mark.parametrize("release", FlowRelease)
def test_a_service_that_drains_is_unharmed_unless_the_release_itself_is_broken(
    tmp_path: Path, release: FlowRelease
) -> None:
    ran = deployed(tmp_path, release, "system: sync", "sync")
    assert harm_of(ran, "sync") == ({"failed"} if release is FlowRelease.FORGET_STEP else set())


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
    assert harm_of(ran) == ({"failed"} if on == "fail" else set())
    seconds = ran.repetition("temporal")["metrics"]["wedged_seconds"]
    assert (seconds > 0) is (on == "wedge")
