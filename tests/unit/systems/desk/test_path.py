"""The oracle's paths, spelled out for every way through the three flows."""

from typing import Any

import pytest

from systems.desk.model import Priority, Ticket
from systems.desk.outcomes import Outcomes
from systems.desk.path import Effect, oracle

WELL = dict.fromkeys(Outcomes.__struct_fields__, 0.0)
NOBODY = ["assign_agent first no_agent", "notify_management no_agent done", "close_ticket  backlog"]
AGENT = ["agent_resolve  done", "notify_customer resolved done", "release_agent done done", "close_ticket  resolved"]
ASKED = ["send_auto_response received done", "search_knowledge_base  found", "notify_customer solution done"]
PATHS: list[tuple[Priority, dict[str, float], list[str]]] = [
    (Priority.LOW, {}, [*ASKED, "validate_resolution  valid", "close_ticket  resolved"]),
    (
        Priority.LOW,
        {"kb_miss": 1.0},
        [
            "send_auto_response received done",
            "search_knowledge_base  not_found",
            "assign_agent first assigned",
            *AGENT,
        ],
    ),
    (
        Priority.LOW,
        {"resolution_invalid": 1.0},
        [
            *ASKED,
            "validate_resolution  invalid",
            "notify_customer apology_invalid done",
            "assign_agent first assigned",
            *AGENT,
        ],
    ),
    (
        Priority.LOW,
        {"kb_miss": 1.0, "no_agent": 1.0},
        ["send_auto_response received done", "search_knowledge_base  not_found", *NOBODY],
    ),
    (Priority.MEDIUM, {}, ["assign_agent first assigned", "agent_investigate  solved", *AGENT]),
    (
        Priority.MEDIUM,
        {"needs_escalation": 1.0},
        [
            "assign_agent first assigned",
            "agent_investigate  needs_escalation",
            "release_agent handover done",
            "escalate_to_engineering  accepted",
            "notify_customer accepted done",
            "close_ticket  resolved",
        ],
    ),
    (
        Priority.MEDIUM,
        {"needs_escalation": 1.0, "escalation_rejected": 1.0},
        [
            "assign_agent first assigned",
            "agent_investigate  needs_escalation",
            "release_agent handover done",
            "escalate_to_engineering  rejected",
            "assign_agent again assigned",
            *AGENT,
        ],
    ),
    (Priority.MEDIUM, {"no_agent": 1.0}, NOBODY),
    (
        Priority.HIGH,
        {"escalation_rejected": 1.0},
        [
            "assign_agent first assigned",
            "escalate_to_engineering  accepted",
            "apply_urgent_fix  fixed",
            "notify_customer fixed done",
            "notify_management fixed done",
            "release_agent done done",
            "close_ticket  resolved",
        ],
    ),
    (
        Priority.HIGH,
        {"fix_fails": 1.0},
        [
            "assign_agent first assigned",
            "escalate_to_engineering  accepted",
            "apply_urgent_fix  failed",
            "notify_customer fix_failed done",
            "notify_management fix_failed done",
            "release_agent done done",
            "close_ticket  backlog",
        ],
    ),
    (Priority.HIGH, {"no_agent": 1.0}, NOBODY),
]


@pytest.mark.parametrize(("priority", "shares", "path"), PATHS)
def test_every_way_through_the_flows(priority: Priority, shares: dict[str, Any], path: list[str]) -> None:
    found = oracle(Ticket(5, priority), Outcomes(**{**WELL, **shares}), seed=1)
    assert [f"{one.step} {one.purpose} {one.result}" for one in found.path] == path
    assert found.end == path[-1].split()[-1]
    assert found.escalations == sum(one.startswith("escalate_to_engineering") for one in path)


def test_a_step_that_comes_twice_has_two_visits_and_each_purpose_its_own_effects() -> None:
    shares = {**WELL, "resolution_invalid": 1.0}
    found = oracle(Ticket(5, Priority.LOW), Outcomes(**shares), seed=1)
    assert [one.visit for one in found.path if one.step == "notify_customer"] == [1, 2, 3]
    assert found.effects == (
        Effect("send_auto_response", "received", 1),
        Effect("notify_customer", "solution", 1),
        Effect("notify_customer", "apology_invalid", 1),
        Effect("notify_customer", "resolved", 1),
    )
