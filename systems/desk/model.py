"""The desk's words as types: tickets, steps, results, purposes, branches and errors."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Priority(StrEnum):
    """How urgent a ticket is; it chooses the flow."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Group(StrEnum):
    """Who runs a step; Temporal gives each group a task queue."""

    SUPPORT = "support"
    INTERNAL = "internal"
    ENGINEERING = "engineering"


class Step(StrEnum):
    """One business action."""

    SEND_AUTO_RESPONSE = "send_auto_response"
    SEARCH_KNOWLEDGE_BASE = "search_knowledge_base"
    NOTIFY_CUSTOMER = "notify_customer"
    NOTIFY_MANAGEMENT = "notify_management"
    AGENT_RESOLVE = "agent_resolve"
    RELEASE_AGENT = "release_agent"
    CLOSE_TICKET = "close_ticket"
    ASSIGN_AGENT = "assign_agent"
    AGENT_INVESTIGATE = "agent_investigate"
    ESCALATE_TO_ENGINEERING = "escalate_to_engineering"
    APPLY_URGENT_FIX = "apply_urgent_fix"
    VALIDATE_RESOLUTION = "validate_resolution"


class Window(StrEnum):
    """A named place in a step where a fault can act."""

    BEFORE_EFFECT = "before_effect"
    AFTER_EFFECT = "after_effect"
    AFTER_RECORD = "after_record"


class State(StrEnum):
    """A ticket's state in the store."""

    OPEN = "open"
    PAUSED = "paused"
    RESOLVED = "resolved"
    BACKLOG = "backlog"
    MANUAL_INTERVENTION = "manual_intervention"


TERMINAL = frozenset({State.RESOLVED, State.BACKLOG, State.MANUAL_INTERVENTION})
FINISHED = frozenset({State.RESOLVED, State.BACKLOG})

GROUP_OF: dict[Step, Group] = {
    Step.SEND_AUTO_RESPONSE: Group.SUPPORT,
    Step.SEARCH_KNOWLEDGE_BASE: Group.SUPPORT,
    Step.NOTIFY_CUSTOMER: Group.SUPPORT,
    Step.NOTIFY_MANAGEMENT: Group.SUPPORT,
    Step.AGENT_RESOLVE: Group.SUPPORT,
    Step.RELEASE_AGENT: Group.SUPPORT,
    Step.CLOSE_TICKET: Group.SUPPORT,
    Step.ASSIGN_AGENT: Group.INTERNAL,
    Step.AGENT_INVESTIGATE: Group.INTERNAL,
    Step.ESCALATE_TO_ENGINEERING: Group.INTERNAL,
    Step.APPLY_URGENT_FIX: Group.ENGINEERING,
    Step.VALIDATE_RESOLUTION: Group.ENGINEERING,
}

MEANINGS: dict[Step, str] = {
    Step.SEND_AUTO_RESPONSE: "tells the customer that the ticket has arrived",
    Step.SEARCH_KNOWLEDGE_BASE: "looks for a known answer",
    Step.NOTIFY_CUSTOMER: "sends the customer a message",
    Step.NOTIFY_MANAGEMENT: "sends management a message",
    Step.AGENT_RESOLVE: "an agent resolves the ticket",
    Step.RELEASE_AGENT: "gives the agent back",
    Step.CLOSE_TICKET: "sets the ticket's end",
    Step.ASSIGN_AGENT: "takes a free agent, and waits while there is none",
    Step.AGENT_INVESTIGATE: "an agent looks into the ticket",
    Step.ESCALATE_TO_ENGINEERING: "asks engineering to take the ticket",
    Step.APPLY_URGENT_FIX: "engineering applies a fix",
    Step.VALIDATE_RESOLUTION: "engineering checks the known answer",
}
"""What each step does, for people."""

MESSAGES = frozenset({Step.SEND_AUTO_RESPONSE, Step.NOTIFY_CUSTOMER, Step.NOTIFY_MANAGEMENT})
"""Steps whose effect leaves the desk: a message to the receiver."""

BUSY = "busy"
"""What assign_agent answers while every agent of the kind is held; asked again, neither attempt nor retry."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it arrives. Numbers count from 1; canaries have negative ones."""

    number: int
    priority: Priority

    @property
    def id(self) -> str:
        """The public id, also the workflow's: `T-0007`, `C-0001` for a canary."""
        return ticket_id(self.number)


def ticket_id(number: int) -> str:
    """Name ticket `number` as people and systems see it."""
    return f"T-{number:04d}" if number > 0 else f"C-{-number:04d}"


def ticket_number(name: str) -> int:
    """Undo `ticket_id`; raises ValueError for anything else."""
    kind, _, digits = name.partition("-")
    if kind not in {"T", "C"} or not digits.isdigit():
        raise ValueError(f"expected a ticket id such as T-0007, found {name!r}")
    return int(digits) if kind == "T" else -int(digits)


@dataclass(frozen=True, slots=True)
class StepCall:
    """One step instance, as a flow asks for it.

    `visit` counts this walk's calls of the step from 1; `purpose` is empty where the step has none; `nth`
    counts this walk's calls of (step, purpose) from 1; `walk` names the pass of the flow; `end` is the state
    that close_ticket is to set, and empty for every other step.
    """

    ticket: Ticket
    step: Step
    visit: int
    purpose: str
    nth: int
    walk: str
    end: str = ""


@dataclass(frozen=True, slots=True)
class StepDone:
    """What a completed step answers: its result, and the agent it concerns, if any."""

    result: str
    agent: str | None = None


class Branch(Exception):
    """A completed step whose result sends the flow another way; never a failure, never retried."""

    result: ClassVar[str]


class NoSolutionFound(Branch):
    """The knowledge base has no answer."""

    result = "not_found"


class ResolutionInvalid(Branch):
    """Engineering found the answer from the knowledge base wrong."""

    result = "invalid"


class NoAgentAvailable(Branch):
    """No agent will be free for this ticket."""

    result = "no_agent"


class NeedsEscalation(Branch):
    """The agent cannot solve it alone."""

    result = "needs_escalation"


class EscalationRejected(Branch):
    """Engineering does not take the ticket."""

    result = "rejected"


class FixFailed(Branch):
    """The urgent fix did not work."""

    result = "failed"


class AgentUnresponsive(Branch):
    """The agent did not answer within `desk.agent_timeout`."""

    result = "silent"


BRANCHES: dict[str, type[Branch]] = {
    kind.__name__: kind
    for kind in (
        NoSolutionFound,
        ResolutionInvalid,
        NoAgentAvailable,
        NeedsEscalation,
        EscalationRejected,
        FixFailed,
        AgentUnresponsive,
    )
}

BRANCH_OF_RESULT: dict[str, type[Branch]] = {kind.result: kind for kind in BRANCHES.values()}


class StepError(Exception):
    """A step that did not complete."""


class Transient(StepError):
    """An error that may pass; worth a retry."""


class WriteConflict(Transient):
    """A safeguard refused a write because another writer came first."""


class Permanent(StepError):
    """An error that stays; never retried."""


class GaveUp(StepError):
    """A step failed for good: the flow compensates and closes the ticket as manual_intervention."""


MAX_SILENT_AGENTS = 3
"""After so many silent agents in a row the flow gives up."""
