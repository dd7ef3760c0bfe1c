"""long_pause: a worker, a ticket or an agent stands still for a while, and then goes on."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from harness.faults.pauses.pause_agent import AgentPause
from harness.faults.pauses.pause_ticket import TicketPause
from harness.faults.pauses.pause_worker import WorkerPause
from harness.faults.pauses.pausing import KIND, PauseScope
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket, RecoveryWait
from harness.faults.stage import Stage
from harness.faults.triggers.choosing import Tickets, validate_tickets
from harness.faults.triggers.striking import Target
from harness.faults.triggers.when import When
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.model import MAX_SILENT_AGENTS, Step
from systems.desk.points import PointSpec
from systems.desk.units import Duration, Positive, meaning

Agents = Annotated[int, msgspec.Meta(ge=1)]
SCOPES: dict[str, type[PauseScope]] = {scope.name: scope for scope in (WorkerPause, TicketPause, AgentPause)}


class LongPause(FaultSpec, frozen=True, tag=KIND):
    """Keys of a `long_pause` block; which of them go together, `scope` says. Durations in seconds."""

    summary: ClassVar[str] = "A worker, a ticket or an agent stands still for a while, and then goes on."
    happened: ClassVar[tuple[str, str]] = ("something stood still", "something stood still")
    remarks: ClassVar[Mapping[str, str]] = {
        "target": "`owner` with a step trigger, else `one`",
        "when": "required, but for scope `step`",
        "step": "required for scope `step`",
    }

    scope: Annotated[
        Literal["worker", "ticket", "step"],
        meaning("what stands still: a worker (SIGSTOP), tickets (paused by an operator), or agents (silent in a step)"),
    ]
    duration: Annotated[Duration, meaning("how long it stands still")]
    when: Annotated[When | None, meaning("when it begins")] = None
    target: Annotated[
        Target, meaning("which workers: the owner of the struck step, one busy worker, or all; of scope worker")
    ] = "one"
    ticket: Annotated[
        Positive | UnsetType,
        meaning("the worker that has this ticket stands still; of scope worker, with a time, in place of a target"),
    ] = UNSET
    step: Annotated[
        Literal["agent_investigate", "agent_resolve"] | None,
        meaning("in which step agents are silent; of no other scope"),
    ] = None
    agents: Annotated[
        Agents,
        meaning("how many agents in a row are silent for a ticket; after three its flow gives up; of scope step"),
    ] = 1
    tickets: Annotated[
        Tickets, meaning("which tickets: all, those listed by number, or a share; of the scopes ticket and step")
    ] = "all"

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for the keys of the scope, and for no others."""
        mistakes = [] if self.duration else [("duration", "duration: expected more than 0s, found 0s")]
        if self.agents > MAX_SILENT_AGENTS:
            mistakes.append(("agents", f"agents: expected 1 to {MAX_SILENT_AGENTS}, found {self.agents}"))
        moment = self._pause.validate_moment(given)
        return [*self._foreign(given), *moment, *mistakes, *validate_tickets(self.tickets)]

    def _foreign(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse the keys of other scopes."""
        every = frozenset[str]().union(*(scope.keys for scope in SCOPES.values()))
        own = ", ".join(sorted(self._pause.keys))
        return [
            (key, f"{key}: does not go with scope: {self.scope}: expected {own}; found {key}")
            for key in sorted(given & every - self._pause.keys)
        ]

    def with_defaults(self, given: frozenset[str]) -> "LongPause":
        """Stop the owner of the struck step, unless the scenario says otherwise."""
        is_at_step = self.when is not None and self.when.step is not None
        if self.scope != "worker" or not is_at_step or "target" in given:
            return self
        return msgspec.structs.replace(self, target="owner")

    def fault_mode(self) -> FaultMode:
        """Name what stands still."""
        return self._pause.fault_mode

    def blocked_s(self) -> float:
        """Return how long it lasts, one agent after the other."""
        return self.duration * self.agents

    def recovery_wait(self) -> RecoveryWait:
        """Wait for what the scope may have made a system give up for dead; all else goes on."""
        return self._pause.recovery_wait

    def must_fail(self, agent_timeout_s: float) -> bool:
        """Say whether so many agents are silent for so long that the flow has to give up."""
        return self._pause.must_fail(agent_timeout_s)

    def first_answer_s(self) -> float | None:
        """Return how long each of several agents is silent; only one that is found silent is replaced by the next."""
        return self._pause.first_answer_s()

    def follows(self) -> str | None:
        """Return the name of the fault that it follows, if any."""
        return None if self.when is None else self.when.fault

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return self._pause.validate_plan(tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return the instances: a firing each; for silent agents, a ticket each."""
        return self._pause.schedule(fault, tickets, seed)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place, or of the silent agents."""
        return self._pause.points(instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Let it stand still, and go on."""
        await self._pause.inject(instance, stage)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the records show that it stood still for so long."""
        return self._pause.attest(instance, history)

    @property
    def _pause(self) -> PauseScope:
        """The scope, with what it needs of the keys."""
        step = None if self.step is None else Step(self.step)
        return SCOPES[self.scope](self.when, self.duration, self.target, step, self.agents, self.tickets, self.ticket)
