"""One ticket in one system, as it is watched: its path, who works on it, what it waits for. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.faults.spec import PlannedTicket
from systems.desk.model import State, ticket_id

Instance = tuple[str, int]
Waits = Literal["operator", "agent", "retry", "worker"] | None


@dataclass(slots=True)
class Chip:
    """A step instance of a ticket's path; `result` is None as long as it is not recorded."""

    step: str
    visit: int
    purpose: str = ""
    result: str | None = None
    attempts: int = 0

    def shown(self) -> dict[str, Any]:
        """Return it as a page shows it."""
        shown = {"step": self.step, "visit": self.visit, "purpose": self.purpose}
        return {**shown, "result": self.result, "attempts": self.attempts}


@dataclass(slots=True)
class OpenAttempt:
    """An attempt that has begun, and the process that makes it."""

    proc: str
    chip: Chip


@dataclass(slots=True)
class TicketView:
    """All that is known of one ticket in one system; `clients` count those who wait for its answer.

    `resumes`: what a dead worker left goes on by itself. `is_held`: the orchestrator has it, as far as was heard.
    `left`: when the last of those who worked on it left with an answer; what they did may not have been read yet.
    """

    planned: PlannedTicket
    resumes: bool
    customer: str
    issue: str
    submitted: int
    changed: int
    state: str = State.OPEN.value
    agent: str | None = None
    answer: str | None = None
    clients: int = 0
    is_paused: bool = False
    is_held: bool = False
    is_refused_agent: bool = False
    has_failed: bool = False
    was_worked_on: bool = False
    ended: int | None = None
    left: int | None = None
    chips: dict[Instance, Chip] = field(default_factory=dict)
    attempts: dict[str, OpenAttempt] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    messages: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    @property
    def id(self) -> str:
        """Its name."""
        return ticket_id(self.planned.number)

    @property
    def last_chip(self) -> Chip | None:
        """The step that began last."""
        return next(reversed(self.chips.values()), None)

    @property
    def procs(self) -> set[str]:
        """The processes that have it under way."""
        return {begun.proc for begun in self.attempts.values()} | set(self.requests.values())

    @property
    def is_worked_on(self) -> bool:
        """Say whether anybody works on it, or will without being asked again."""
        return self.ended is None and (self.is_in_hand or self.left is not None)

    @property
    def is_in_hand(self) -> bool:
        """Say whether somebody has it, as far as was heard."""
        return bool(self.attempts or self.requests or self.clients) or (self.resumes and self.is_held)

    @property
    def was_refused(self) -> bool:
        """Say whether its client was told no, and nothing came of it."""
        return self.answer == "fail" and not self.is_held and not self.chips and self.ended is None

    def waits_for(self, *, has_workers: bool) -> Waits:
        """Say what it waits for, where it is not over and in no step."""
        if self.attempts or not self.is_worked_on:
            return None
        if self.shown_state == State.PAUSED:
            return "operator"
        if self.is_refused_agent:
            return "agent"
        if self.has_failed:
            return "retry"
        is_taken = bool(self.requests) or (has_workers and bool(self.chips))
        return None if is_taken else "worker"

    @property
    def shown_state(self) -> str:
        """The state that is shown: `paused` where it stands still."""
        return State.PAUSED.value if self.is_paused and self.ended is None else self.state

    @property
    def counts_as(self) -> tuple[str, ...]:
        """The figures of a tally that it is counted in, as long as it has not ended."""
        what = {
            "paused": self.shown_state == State.PAUSED,
            "lost": not self.is_worked_on and not self.was_refused,
            "refused": self.was_refused,
        }
        return ("open", *(name for name, is_so in what.items() if is_so))

    def summary(self) -> dict[str, Any]:
        """Return what a list of tickets says of it."""
        return {
            "state": self.shown_state,
            "step": None if self.last_chip is None else self.last_chip.step,
            "agent": self.agent,
            "attempts": sum(chip.attempts for chip in self.chips.values()),
            "worked_on": self.is_worked_on,
            "refused": self.was_refused,
        }

    def row(self, workers: Mapping[str, int], seconds: Callable[[int], float]) -> dict[str, Any]:
        """Return all that a page shows of it; `seconds` turns monotonic ns into seconds of the session."""
        chip, inside = self.last_chip, next(iter(self.procs), "")
        return {
            "id": self.id,
            "number": self.planned.number,
            "priority": self.planned.priority,
            "customer": self.customer,
            "issue": self.issue,
            **self.summary(),
            "visit": None if chip is None else chip.visit,
            "repeated": sum(max(0, each.attempts - 1) for each in self.chips.values()),
            "waits": self.waits_for(has_workers=bool(workers)),
            "in": workers.get(inside),
            "path": [each.shown() for each in self.chips.values()],
            "ahead": self._ahead(),
            "answer": self.answer,
            "submitted_s": seconds(self.submitted),
            "changed_s": seconds(self.changed),
            "ended_s": None if self.ended is None else seconds(self.ended),
        }

    def _ahead(self) -> int:
        """Count the steps that are still planned."""
        if self.ended is not None:
            return 0
        return sum((passage.step, passage.visit) not in self.chips for passage in self.planned.oracle.path)
