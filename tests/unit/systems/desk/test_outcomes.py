"""Outcomes: the same on every machine, as often as the scenario says, and never for who is not asked."""

import pytest

from systems.desk.model import (
    Branch,
    EscalationRejected,
    FixFailed,
    NeedsEscalation,
    NoAgentAvailable,
    NoSolutionFound,
    Priority,
    ResolutionInvalid,
    Step,
    Ticket,
)
from systems.desk.outcomes import Outcomes, branch_of, draw, happens

ALWAYS = Outcomes(kb_miss=1, resolution_invalid=1, no_agent=1, needs_escalation=1, escalation_rejected=1, fix_fails=1)
NEVER = Outcomes(kb_miss=0, resolution_invalid=0, no_agent=0, needs_escalation=0, escalation_rejected=0, fix_fails=0)
DRAWN = 0.023675842288566007


def test_draws_never_change_from_one_version_to_the_next() -> None:
    assert draw(42, 7, "kb_miss") == DRAWN
    assert draw(42, 7, "no_agent") != DRAWN
    assert draw(42, 8, "kb_miss") != DRAWN
    assert draw(43, 7, "kb_miss") != DRAWN


def test_an_outcome_happens_as_often_as_its_share_says() -> None:
    outcomes = Outcomes(kb_miss=0.3)
    befallen = sum(happens(outcomes, 1, ticket, "kb_miss") for ticket in range(10_000))
    assert 2_800 <= befallen <= 3_200


def test_a_larger_share_befalls_the_same_tickets_and_more() -> None:
    few, many = (
        {ticket for ticket in range(500) if happens(Outcomes(fix_fails=share), 1, ticket, "fix_fails")}
        for share in (0.2, 0.6)
    )
    assert few < many


@pytest.mark.parametrize(
    ("step", "branch"),
    [
        (Step.SEARCH_KNOWLEDGE_BASE, NoSolutionFound),
        (Step.VALIDATE_RESOLUTION, ResolutionInvalid),
        (Step.ASSIGN_AGENT, NoAgentAvailable),
        (Step.AGENT_INVESTIGATE, NeedsEscalation),
        (Step.ESCALATE_TO_ENGINEERING, EscalationRejected),
        (Step.APPLY_URGENT_FIX, FixFailed),
        (Step.NOTIFY_CUSTOMER, None),
        (Step.RELEASE_AGENT, None),
        (Step.CLOSE_TICKET, None),
    ],
)
def test_each_question_has_its_branch(step: Step, branch: type[Branch] | None) -> None:
    ticket = Ticket(3, Priority.MEDIUM)
    assert branch_of(ALWAYS, 1, ticket, step) is branch
    assert branch_of(NEVER, 1, ticket, step) is None


def test_an_urgent_ticket_is_never_turned_away() -> None:
    assert branch_of(ALWAYS, 1, Ticket(3, Priority.HIGH), Step.ESCALATE_TO_ENGINEERING) is None
