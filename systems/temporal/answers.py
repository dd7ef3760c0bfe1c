"""What a workflow can be asked and told while it runs: the queries and signals that parent and child share."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from systems.desk.model import State


@dataclass
class WalkSummary:
    """What a walk can be asked: its ticket's state, agent, timeline and escalations."""

    status: str = State.OPEN.value
    agent: str | None = None
    timeline: list[str] | None = None
    escalation_count: int = 0


class Answers:
    """The queries and signals that parent and child both answer."""

    def __init__(self) -> None:
        self.summary = WalkSummary(timeline=[])
        self.is_paused = False

    @workflow.signal
    def pause(self) -> None:
        """Make no further step until resumed."""
        self.is_paused = True

    @workflow.signal
    def resume(self) -> None:
        """Go on."""
        self.is_paused = False

    @workflow.query
    def status(self) -> str:
        """Return the ticket's state, `paused` while it stands still."""
        return State.PAUSED.value if self.stands_still else self.summary.status

    @property
    def stands_still(self) -> bool:
        """Say whether no step is under way, and none will be until the ticket is resumed."""
        return self.is_paused

    @workflow.query
    def agent(self) -> str | None:
        """Return the agent that the ticket holds."""
        return self.summary.agent

    @workflow.query
    def timeline(self) -> list[str]:
        """Return the completed steps so far."""
        return self.summary.timeline or []

    @workflow.query
    def escalation_count(self) -> int:
        """How often the ticket went to engineering."""
        return self.summary.escalation_count
