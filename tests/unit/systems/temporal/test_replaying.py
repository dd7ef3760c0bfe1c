"""What replaying catches of each release, and what it cannot see: a low ticket's history, cut at each of its steps.

The history is a run's own, of a ticket whose answer was wrong, under the first release.
"""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from systems.desk.releases import FlowRelease
from systems.temporal.replaying import replayed
from tests.support.chaos import ROOT

RECORDED = ROOT / "tests" / "data" / "low-ticket.history.json.xz"
STEPS = [
    "send_auto_response",
    "search_knowledge_base",
    "notify_customer solution",
    "validate_resolution",
    "notify_customer apology_invalid",
    "assign_agent",
    "agent_resolve",
    "notify_customer resolved",
    "release_agent",
    "close_ticket",
]
CAUGHT_FROM = {
    FlowRelease.APPEND_STEP: "close_ticket",  # a ticket that is being closed is past the end
    FlowRelease.INSERT_STEP: "validate_resolution",
    FlowRelease.REMOVE_STEP: "notify_customer apology_invalid",
    FlowRelease.SWAP_STEPS: "notify_customer resolved",
    FlowRelease.RENAME_STEP: "validate_resolution",
}
UNSEEN = [FlowRelease.SWAP_PURPOSES, FlowRelease.CHANGE_RESULT, FlowRelease.FORGET_STEP]


def recorded() -> dict[str, Any]:
    history: dict[str, Any] = json.loads(lzma.decompress(RECORDED.read_bytes()))
    return history


def corpus(folder: Path) -> list[Path]:
    """Write the history of a ticket in each of its steps, and of one that is over; the file's number is the step's."""
    whole = recorded()
    scheduled = [
        at for at, event in enumerate(whole["events"]) if event["eventType"].endswith("ACTIVITY_TASK_SCHEDULED")
    ]
    assert len(scheduled) == len(STEPS)
    ends = [*(at + 1 for at in scheduled), len(whole["events"])]
    files = [folder / f"T-{number:04d}-low.json" for number in range(1, len(ends) + 1)]
    for file, end in zip(files, ends, strict=True):
        file.write_text(json.dumps({"events": whole["events"][:end]}))
    return files


def caught(folder: Path, release: str) -> tuple[list[str], bool]:
    """Return in which steps an open ticket breaks, and whether one that is over does."""
    *opened, closed = replayed(corpus(folder), release)
    assert [one.is_open for one in (*opened, closed)] == [True] * len(STEPS) + [False]
    return [STEPS[one.ticket - 1] for one in opened if one.why], bool(closed.why)


def test_the_release_that_wrote_a_history_comes_to_it_at_every_step(tmp_path: Path) -> None:
    assert caught(tmp_path, "") == ([], False)


@pytest.mark.parametrize("release", CAUGHT_FROM)
def test_another_kind_or_order_of_steps_is_caught_from_the_change_on(tmp_path: Path, release: FlowRelease) -> None:
    assert caught(tmp_path, release) == (STEPS[STEPS.index(CAUGHT_FROM[release]) :], True)


@pytest.mark.parametrize("release", UNSEEN)
def test_purposes_results_and_names_that_no_worker_knows_are_not_seen(tmp_path: Path, release: FlowRelease) -> None:
    assert caught(tmp_path, release) == ([], False)


def test_both_lists_are_all_there_is() -> None:
    assert {*CAUGHT_FROM, *UNSEEN} == set(FlowRelease)


def test_what_breaks_is_told_as_the_engine_tells_it(tmp_path: Path) -> None:
    [closed] = replayed(corpus(tmp_path)[-1:], FlowRelease.INSERT_STEP)
    assert closed.history == "T-0011-low.json"
    assert closed.why == (
        "[TMPRL1100] Nondeterminism error: Activity type of scheduled event 'validate_resolution' does not match "
        "activity type of activity command 'notify_management'"
    )


def test_a_canarys_history_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "C-0001-low.json").write_text(json.dumps(recorded()))
    assert replayed([tmp_path / "C-0001-low.json"], FlowRelease.INSERT_STEP) == []
