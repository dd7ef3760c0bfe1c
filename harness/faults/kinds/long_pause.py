"""long_pause: a worker, a ticket or an agent stands still for a while, and then goes on."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import msgspec

from harness.faults.pauses import pause_agent, pause_ticket, pause_worker
from harness.faults.pauses.pausing import Pause, Scope
from harness.faults.spec import Attestation, Awaited, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.faults.triggers.choosing import Tickets, mistakes_of
from harness.faults.triggers.striking import Target, target_mistakes
from harness.faults.triggers.when import When
from harness.history.model import History
from systems.desk.model import MAX_SILENT_AGENTS, Step
from systems.desk.points import PointSpec
from systems.desk.units import Duration, meaning

Agents = Annotated[int, msgspec.Meta(ge=1)]
SCOPES: dict[str, Scope] = {"worker": pause_worker, "ticket": pause_ticket, "step": pause_agent}
KEYS = {"worker": {"target"}, "ticket": {"tickets"}, "step": {"step", "tickets", "agents"}}
"""What each scope knows beside `scope`, `duration` and (not for `step`) `when`."""


class LongPause(FaultSpec, frozen=True, tag="long_pause"):
    """Keys of a `long_pause` block; which of them go together, `scope` says. Durations in seconds."""

    summary: ClassVar[str] = "A worker, a ticket or an agent stands still for a while, and then goes on."

    scope: Annotated[
        Literal["worker", "ticket", "step"],
        meaning("what stands still: a worker (SIGSTOP), tickets (paused by an operator), or agents (silent in a step)"),
    ]
    duration: Annotated[Duration, meaning("how long it stands still")]
    when: Annotated[When | None, meaning("when it begins")] = None
    target: Annotated[
        Target, meaning("which workers: the owner of the struck step, one busy worker, or all; of scope worker")
    ] = "one"
    step: Annotated[
        Literal["agent_investigate", "agent_resolve"] | None, meaning("in which step agents are silent; of scope step")
    ] = None
    agents: Annotated[
        Agents,
        meaning("how many agents in a row are silent for a ticket; after three its flow gives up; of scope step"),
    ] = 1
    tickets: Annotated[
        Tickets, meaning("which tickets: all, those listed by number, or a share; of the scopes ticket and step")
    ] = "all"

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for the keys of the scope, and for no others."""
        found = [] if self.duration else [("duration", "duration: expected more than 0s, found 0s")]
        if self.agents > MAX_SILENT_AGENTS:
            found.append(("agents", f"agents: expected 1 to {MAX_SILENT_AGENTS}, found {self.agents}"))
        return [*self._foreign(given), *self._moment(given), *found, *mistakes_of(self.tickets)]

    def _foreign(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse the keys of other scopes."""
        own = ", ".join(sorted(KEYS[self.scope]))
        return [
            (key, f"{key}: does not go with scope: {self.scope}: expected {own}; found {key}")
            for key in sorted(given & {"target", "step", "agents", "tickets"} - KEYS[self.scope])
        ]

    def _moment(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for a moment, or for a step that decides it."""
        if self.scope != "step" and self.when is None:
            return [("", f"scope: {self.scope} requires the key 'when': expected after, progress or step; found none")]
        if self.scope != "step" and self.when is not None:
            return self.when.mistakes() + target_mistakes(self.when, self.target, given)
        found = []
        if self.when is not None:
            everywhere = "when: does not go with scope: step, which strikes wherever the step runs"
            found.append(("when", f"{everywhere}: expected none, found one"))
        if self.step is None:
            steps = "agent_investigate or agent_resolve"
            found.append(("", f"scope: step requires the key 'step': expected {steps}; found none"))
        return found

    def completed(self, given: frozenset[str]) -> "LongPause":
        """Stop the owner of the struck step, unless the scenario says otherwise."""
        is_at_step = self.when is not None and self.when.step is not None
        if self.scope != "worker" or not is_at_step or "target" in given:
            return self
        return msgspec.structs.replace(self, target="owner")

    def holds_s(self) -> float:
        """Return how long it lasts, one agent after the other."""
        return self.duration * self.agents

    def awaits(self) -> Awaited:
        """Wait only for what a worker held so long that it was given up for dead; all else goes on."""
        return "end or detection" if self.scope == "worker" else "nothing"

    def manner(self) -> str:
        """Name what stands still."""
        return f"pause {self.scope}"

    def must_fail(self, agent_timeout_s: float) -> bool:
        """Say whether so many agents are silent for so long that the flow has to give up."""
        return self.scope == "step" and self.agents == MAX_SILENT_AGENTS and self.duration >= agent_timeout_s

    def first_answer_s(self) -> float | None:
        """Return how long each of several agents is silent; only one who is found silent is replaced by the next."""
        return self.duration if self.scope == "step" and self.agents > 1 else None

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return SCOPES[self.scope].problems(self.pause, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return the instances: a firing each; for silent agents, a ticket each."""
        return SCOPES[self.scope].schedule(self.pause, fault, tickets, seed)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place, or of the silent agents."""
        return SCOPES[self.scope].points(self.pause, instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Let it stand still, and go on."""
        await SCOPES[self.scope].inject(self.pause, instance, stage)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the records show that it stood still for so long."""
        return SCOPES[self.scope].attest(self.pause, instance, history)

    @property
    def pause(self) -> Pause:
        """Return what the scopes need of the keys."""
        step = None if self.step is None else Step(self.step)
        return Pause(self.when or When(), self.duration, self.target, step, self.agents, self.tickets)
