"""The judge of planted systems fails a plant when anything is otherwise than the plant names it."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from systems.registry import Registration
from tests import broken
from tests.broken.judge import COUNTS, HARMS, complaints
from tests.broken.plant import WITH_PLANTS, Move, Plant
from tests.broken.plants import PLANTS
from tests.support.chaos import ROOT
from tests.trust.part import Outcome
from tests.trust.parts.planted import Planted

PLANT = Plant(
    slug="loses-one",
    bug="loses a ticket",
    caught_by="lost",
    moves={"lost": Move(1), "finished": Move(-1, "nobody finished it"), "quiescence": Move("unknown", "it is live")},
    scenario="",
    source=None,
)
HEALTHY = {"finished": 3, "lost": 0, "retries": 2}
CAUGHT = {"finished": 2, "lost": 1, "retries": 2}
VALID = {"quiescence": "valid", "conservation": "valid"}
LIVE = {**VALID, "quiescence": "unknown"}


def repetition(metrics: Mapping[str, Any], checks: Mapping[str, str]) -> dict[str, Any]:
    return {
        "metrics": dict(metrics),
        "checks": [{"name": name, "verdict": verdict} for name, verdict in checks.items()],
    }


def judged(
    broken_metrics: Mapping[str, Any] = CAUGHT,
    broken_checks: Mapping[str, str] = LIVE,
    healthy_metrics: Mapping[str, Any] = HEALTHY,
    healthy_checks: Mapping[str, str] = VALID,
    plant: Plant = PLANT,
) -> list[str]:
    return complaints(plant, repetition(healthy_metrics, healthy_checks), repetition(broken_metrics, broken_checks))


def test_what_moved_just_as_it_is_named_is_caught() -> None:
    assert judged() == []


def test_times_and_costs_may_differ() -> None:
    assert judged({**CAUGHT, "latency_p50": 9.0, "cpu_seconds": 4.0}) == []


def test_another_metric_that_moved_fails_it() -> None:
    assert judged({**CAUGHT, "effects_missing": 1}) == ["effects_missing moved: None → 1"]


def test_another_check_that_moved_fails_it() -> None:
    assert judged(broken_checks={**LIVE, "conservation": "invalid"}) == ["conservation moved: valid → invalid"]


def test_a_check_that_is_gone_fails_it() -> None:
    assert judged(broken_checks={"quiescence": "unknown"}) == ["conservation moved: valid → None"]


def test_a_figure_that_is_gone_fails_it() -> None:
    assert judged({"finished": 2, "lost": 1}) == ["retries moved: 2 → None"]


def test_a_bug_that_moved_nothing_fails_it() -> None:
    assert judged(HEALTHY, VALID) == [
        "finished did not move: 3 in both",
        "lost did not move: 0 in both",
        "quiescence did not move: valid in both",
    ]


def test_what_moved_by_another_amount_fails_it() -> None:
    assert judged({**CAUGHT, "lost": 2}) == ["lost moved otherwise: 0 → 2, expected 1"]


def test_another_verdict_than_the_named_one_fails_it() -> None:
    complaint = "quiescence moved otherwise: valid → invalid, expected unknown"
    assert judged(broken_checks={**LIVE, "quiescence": "invalid"}) == [complaint]


def test_what_hangs_on_the_moment_may_move_by_any_amount_and_has_to_move() -> None:
    anyhow = Plant("x", "", "lost", {**PLANT.moves, "retries": Move(None, "")}, "", None)
    assert judged({**CAUGHT, "retries": 7}, plant=anyhow) == []
    assert judged(plant=anyhow) == ["retries did not move: 2 in both"]


def test_a_metric_that_is_to_move_as_another_one_does_has_to_move_by_as_much() -> None:
    alike = Plant("x", "", "lost", {**PLANT.moves, "unserved": Move("lost", "nobody finished it")}, "", None)
    healthy = {**HEALTHY, "unserved": 0}
    assert judged({**CAUGHT, "unserved": 1}, healthy_metrics=healthy, plant=alike) == []
    complaint = "unserved moved otherwise: 0 → 2, expected 1"
    assert judged({**CAUGHT, "unserved": 2}, healthy_metrics=healthy, plant=alike) == [complaint]


def test_a_twin_with_a_doubtful_check_proves_nothing() -> None:
    doubtful = {**VALID, "conservation": "unknown"}
    complaint = "conservation is unknown in the twin"
    assert complaint in judged(broken_checks={**LIVE, "conservation": "unknown"}, healthy_checks=doubtful)


def test_a_twin_that_did_harm_proves_nothing() -> None:
    harmed = judged({**CAUGHT, "stale_writes": 1}, healthy_metrics={**HEALTHY, "stale_writes": 1})
    assert harmed == ["stale_writes is 1 in the twin"]


def test_all_counts_of_what_became_of_tickets_messages_writes_and_faults_are_compared() -> None:
    assert {"vanished", "effects_unexpected", "double_assignments", "faults_missed"} <= set(HARMS) <= set(COUNTS)
    assert "latency_p50" not in COUNTS


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.slug)
def test_a_plant_moves_what_it_is_caught_by_and_has_a_reason_for_all_else(plant: Plant) -> None:
    assert plant.caught_by in plant.moves
    assert [name for name, move in plant.moves.items() if name != plant.caught_by and not move.why] == []
    assert f"system: {plant.slug}," in plant.scenario


def test_no_two_plants_share_a_name() -> None:
    assert len({plant.slug for plant in PLANTS}) == len(PLANTS)


def test_every_plant_is_offered_by_an_entry_point_and_has_a_module_of_its_own() -> None:
    offered = ROOT / "tests" / "broken" / "installed" / "broken-1.dist-info" / "entry_points.txt"
    named = dict(re.findall(r"^(\S+) = tests\.broken:(\w+)$", offered.read_text(), re.MULTILINE))
    assert WITH_PLANTS["PYTHONPATH"] == str(offered.parents[1])
    for plant in PLANTS:
        registration = getattr(broken, named[plant.slug])
        assert isinstance(registration, Registration)
        assert callable(import_module(registration.module).build)


def test_the_page_says_how_often_a_plant_was_caught_and_what_followed() -> None:
    row = Planted([PLANT]).section([Outcome("loses-one", passed=False, figures={"caught": 9})]).splitlines()[-1]
    follows = "`finished` -1: nobody finished it<br>`quiescence` unknown: it is live"
    assert row == f"| `loses-one` | loses a ticket | `lost` +1 | 9 of 10 | {follows} | – |"
