"""The catalogue of releases, and the oracle's paths under each: what changes, and for whom."""

from itertools import product

import pytest

from systems.desk.model import Priority, Ticket
from systems.desk.outcomes import Outcomes
from systems.desk.path import Oracle, oracle
from systems.desk.releases import CHANGES, FlowRelease, change_of
from tests.support.chaos import ROOT

WELL = dict.fromkeys(Outcomes.__struct_fields__, 0.0)
WRONG = {"resolution_invalid": 1.0}
ORDERLESS = (FlowRelease.RENAME_STEP, FlowRelease.FORGET_STEP)
"""The releases that change the name by which a step is called, and no path."""
CALLED = {
    "": ["notify_customer solution", "validate_resolution ", "notify_customer apology_invalid"],
    "insert_step": [
        "notify_customer solution",
        "notify_management checking",
        "validate_resolution ",
        "notify_customer apology_invalid",
    ],
    "remove_step": ["notify_customer solution", "validate_resolution "],
    "swap_purposes": ["notify_customer apology_invalid", "validate_resolution ", "notify_customer solution"],
    "swap_steps": ["notify_customer solution", "validate_resolution ", "notify_customer apology_invalid"],
}
LAST = {
    "": ["notify_customer resolved", "release_agent done", "close_ticket "],
    "append_step": ["release_agent done", "notify_management closing", "close_ticket "],
    "swap_steps": ["release_agent done", "notify_customer resolved", "close_ticket "],
}


def walked(priority: Priority, shares: dict[str, float], release: str = "") -> Oracle:
    return oracle(Ticket(5, priority), Outcomes(**{**WELL, **shares}), seed=1, release=release)


def called(truth: Oracle) -> list[str]:
    return [f"{passage.step} {passage.purpose}" for passage in truth.path]


def every_way() -> list[tuple[Priority, dict[str, float]]]:
    names = Outcomes.__struct_fields__
    shares = [dict(zip(names, each, strict=True)) for each in product((0.0, 1.0), repeat=len(names))]
    return list(product(Priority, shares))


def test_each_release_has_its_change_and_the_first_has_none() -> None:
    assert set(CHANGES) == set(FlowRelease)
    assert change_of("") is None
    assert change_of("insert_step") is CHANGES[FlowRelease.INSERT_STEP]


@pytest.mark.parametrize(("release", "steps"), CALLED.items())
def test_the_middle_of_a_low_ticket_whose_answer_was_wrong(release: str, steps: list[str]) -> None:
    assert called(walked(Priority.LOW, WRONG, release))[2:-5] == steps


@pytest.mark.parametrize(("release", "steps"), LAST.items())
def test_the_end_of_a_low_ticket_that_an_agent_resolves(release: str, steps: list[str]) -> None:
    assert called(walked(Priority.LOW, WRONG, release))[-3:] == steps


def test_another_rule_gives_the_same_steps_other_results() -> None:
    before, after = (walked(Priority.LOW, WRONG, release) for release in ("", "change_result"))
    assert called(before) == called(after)
    changed = {(old.step, old.result, new.result) for old, new in zip(before.path, after.path, strict=True)}
    assert {one for one in changed if one[1] != one[2]} == {
        ("search_knowledge_base", "found", "matched"),
        ("agent_resolve", "done", "answered"),
    }


@pytest.mark.parametrize("release", [release for release in FlowRelease if release not in ORDERLESS])
def test_just_the_tickets_that_pass_the_change_go_another_path(release: FlowRelease) -> None:
    for priority, shares in every_way():
        before, after = walked(priority, shares), walked(priority, shares, release)
        assert CHANGES[release].is_passed(before.path) == (before != after), (priority, shares)


@pytest.mark.parametrize("release", ORDERLESS)
def test_another_name_for_a_step_changes_no_path(release: FlowRelease) -> None:
    for priority, shares in every_way():
        before = walked(priority, shares)
        assert walked(priority, shares, release) == before
        is_asked = any(passage.step in CHANGES[release].renamed for passage in before.path)
        assert CHANGES[release].is_passed(before.path) == is_asked


@pytest.mark.parametrize("release", FlowRelease)
def test_a_release_changes_no_tickets_end(release: FlowRelease) -> None:
    for priority, shares in every_way():
        before, after = walked(priority, shares), walked(priority, shares, release)
        assert (before.end, before.escalations) == (after.end, after.escalations)


@pytest.mark.parametrize("release", FlowRelease)
def test_the_page_on_deploys_says_what_each_release_changes(release: FlowRelease) -> None:
    page = (ROOT / "docs" / "deploys.md").read_text(encoding="utf-8")
    assert f"\n| `{release}` | {CHANGES[release].meaning} |" in page
