"""A walk's own count: how often it called a step, and used a purpose. Pure, shared by every orchestration."""

from collections import Counter
from dataclasses import dataclass, field

from systems.desk.model import Step, StepCall, Ticket


@dataclass(slots=True)
class Tally:
    """Numbers the step instances of one walk of `ticket`; `walk` names the walk."""

    ticket: Ticket
    walk: str
    visits: Counter[Step] = field(default_factory=Counter)
    purposes: Counter[tuple[Step, str]] = field(default_factory=Counter)

    def call(self, step: Step, purpose: str = "", end: str = "") -> StepCall:
        """Make the next call of `step` in this walk."""
        self.visits[step] += 1
        self.purposes[step, purpose] += 1
        return StepCall(self.ticket, step, self.visits[step], purpose, self.purposes[step, purpose], self.walk, end)
