"""Business outcomes: a pure function of (seed, ticket, outcome name), the same on every machine."""

import hashlib
from typing import Annotated

import msgspec

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
from systems.desk.units import Share, meaning


class Outcomes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often each business outcome happens, as shares of the tickets that come to the question."""

    kb_miss: Annotated[
        Share, meaning("of searches: the knowledge base has no answer, so an agent takes the ticket")
    ] = 0.3
    resolution_invalid: Annotated[
        Share, meaning("of answers from the knowledge base: engineering finds them wrong")
    ] = 0.3
    no_agent: Annotated[Share, meaning("of assignments: nobody will be free, so the ticket goes to the backlog")] = 0.0
    needs_escalation: Annotated[Share, meaning("of investigations: the agent cannot solve it alone")] = 0.25
    escalation_rejected: Annotated[Share, meaning("of escalations: engineering does not take the ticket")] = 0.2
    fix_fails: Annotated[
        Share, meaning("of urgent fixes: the fix does not work, and the ticket goes to the backlog")
    ] = 0.1


RESULTS: dict[Step, str] = {
    Step.SEARCH_KNOWLEDGE_BASE: "found",
    Step.VALIDATE_RESOLUTION: "valid",
    Step.ASSIGN_AGENT: "assigned",
    Step.AGENT_INVESTIGATE: "solved",
    Step.ESCALATE_TO_ENGINEERING: "accepted",
    Step.APPLY_URGENT_FIX: "fixed",
}
"""What a step answers when it goes well; every other step answers `done` (close_ticket: its end)."""

QUESTIONS: dict[Step, tuple[str, type[Branch]]] = {
    Step.SEARCH_KNOWLEDGE_BASE: ("kb_miss", NoSolutionFound),
    Step.VALIDATE_RESOLUTION: ("resolution_invalid", ResolutionInvalid),
    Step.ASSIGN_AGENT: ("no_agent", NoAgentAvailable),
    Step.AGENT_INVESTIGATE: ("needs_escalation", NeedsEscalation),
    Step.ESCALATE_TO_ENGINEERING: ("escalation_rejected", EscalationRejected),
    Step.APPLY_URGENT_FIX: ("fix_fails", FixFailed),
}

ASKED: dict[Priority, tuple[Step, ...]] = {
    Priority.LOW: (Step.SEARCH_KNOWLEDGE_BASE, Step.VALIDATE_RESOLUTION, Step.ASSIGN_AGENT),
    Priority.MEDIUM: (Step.ASSIGN_AGENT, Step.AGENT_INVESTIGATE, Step.ESCALATE_TO_ENGINEERING),
    Priority.HIGH: (Step.ASSIGN_AGENT, Step.APPLY_URGENT_FIX),
}
"""The questions that a flow may ask: how its tickets go hangs on their answers alone."""


def draw(seed: int, ticket: int, name: str) -> float:
    """Return a number in [0, 1) that depends on its arguments alone (SHA-256, first 53 bits)."""
    # A hash and no generator: a draw depends on no other draw, so that processes need not agree on an order. 53 bits
    # are what a float holds exactly: with more, the quotient could round up to 1.
    digest = hashlib.sha256(f"{seed}/{ticket}/{name}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def happens(outcomes: Outcomes, seed: int, ticket: int, name: str) -> bool:
    """Say whether the outcome called `name` happens to `ticket`."""
    share: float = getattr(outcomes, name)
    return draw(seed, ticket, name) < share


def branch_of(outcomes: Outcomes, seed: int, ticket: Ticket, step: Step) -> type[Branch] | None:
    """Return the branch that `step` takes for `ticket`, or None where it goes well."""
    if step is Step.ESCALATE_TO_ENGINEERING and ticket.priority is Priority.HIGH:
        return None  # an urgent ticket is never turned away
    question = QUESTIONS.get(step)
    if question is None or not happens(outcomes, seed, ticket.number, question[0]):
        return None
    return question[1]
