"""An agent stays silent: the step waits for the agent's time-out, and the answer comes when it is no longer wanted."""

from collections.abc import Sequence
from typing import ClassVar

from harness.faults.healing import NOTHING_TO_UNDO, SLACK_S
from harness.faults.pauses.pausing import KIND, PauseScope
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.faults.stage import Stage
from harness.faults.triggers.choosing import select_tickets, tickets_reaching, validate_step
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.model import MAX_SILENT_AGENTS, Step, Window
from systems.desk.points import PointSpec

SECOND = 1_000_000_000


class AgentPause(PauseScope):
    """Agents stay silent, wherever `step` runs."""

    __slots__ = ()

    name: ClassVar[str] = "step"
    keys: ClassVar[frozenset[str]] = frozenset({"step", "tickets", "agents"})
    fault_mode: ClassVar[FaultMode] = FaultMode.SILENT_AGENT

    def validate_moment(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - no target
        """Ask for a step, which decides the moment."""
        mistakes = []
        if self.when is not None:
            everywhere = "when: does not go with scope: step, which strikes wherever the step runs"
            mistakes.append(("when", f"{everywhere}: expected none, found one"))
        if self.step is None:
            steps = "agent_investigate or agent_resolve"
            mistakes.append(("", f"scope: step requires the key 'step': expected {steps}; found none"))
        return mistakes

    def must_fail(self, agent_timeout_s: float) -> bool:
        """Say whether so many agents are silent for so long that the flow has to give up."""
        return self.agents == MAX_SILENT_AGENTS and self.duration_s >= agent_timeout_s

    def first_answer_s(self) -> float | None:
        """Return how long each of several agents is silent; only one that is found silent is replaced by the next."""
        return self.duration_s if self.agents > 1 else None

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return validate_step(self.tickets, self._at, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance for each ticket whose agents are silent."""
        able = select_tickets(self.tickets, tickets_reaching(tickets, self._at), seed, fault)
        return [
            FaultInstance(f"{fault}.{n}", fault, KIND, ticket=ticket.number, step=self._at.value)
            for n, ticket in enumerate(able, start=1)
        ]

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers how many agents of the ticket say nothing, and for how long."""
        if instance.ticket is None:
            return ()
        place = (instance.ticket, self._at.value, Window.BEFORE_EFFECT)
        return (PointSpec(instance.id, *place, "silent", tokens=self.agents, duration_s=self.duration_s),)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Answer for each silent agent when their silence is over, as they would."""
        for number in range(1, self.agents + 1):
            began = await stage.clock.struck(instance.id, number)
            if began is None:
                break
            if number == 1:
                stage.begun(instance.id, 0)
            await stage.world.answer_late(instance.id, began, self.duration_s)
        else:
            stage.ended(instance.id, healed=True, injected=True)
            return
        stage.ended(
            instance.id, healed=True, injected=number > 1, note="the run went quiet before every agent was asked"
        )

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed: every planned agent was asked, and answered only after so long."""
        strikes = [(proc, strike) for proc, strike in history.strikes if strike.point == instance.id]
        if not strikes:
            return Attestation(instance.id, "missed", f"no agent was asked in {self.step}", healed=NOTHING_TO_UNDO)
        proc, first = strikes[0]
        tickets = (first.ticket,)
        doubts, answers = [], [answer for answer in history.late_answers if answer.fault == instance.id]
        is_healed = {strike.visit for _, strike in strikes} <= {answer.visit for answer in answers}
        if len(strikes) < self.agents and not _is_over(first.ticket, history):
            doubts.append(f"{len(strikes)} of {self.agents} agents were asked")
        for _, strike in strikes:
            answer = next((answer for answer in answers if answer.visit == strike.visit), None)
            if answer is None:
                doubts.append(f"the agent of visit {strike.visit} had not answered when the run ended")
            elif answer.t - strike.t < (self.duration_s - SLACK_S) * SECOND:
                silent_s = (answer.t - strike.t) / SECOND
                doubts.append(f"the agent of visit {strike.visit} answered after {silent_s:.2f} s")
        if doubts:
            return Attestation(instance.id, "missed", "; ".join(doubts), first.t, (proc,), tickets, healed=is_healed)
        refused = sum(answer.is_refused for answer in answers)
        detail = f"{len(strikes)} agents silent for {self.duration_s:g} s, {refused} late answers refused"
        return Attestation(instance.id, "landed", detail, first.t, (proc,), tickets, healed=is_healed)

    @property
    def _at(self) -> Step:
        assert self.step is not None  # noqa: S101 - asked for by the keys of the scope
        return self.step


def _is_over(ticket: int, history: History) -> bool:
    """Say whether another fault ended the process that walked the ticket, so that no other agent was asked."""
    walkers = {a.proc for a in history.attempts if a.ticket == ticket}
    return any(
        process.proc in walkers and any(sent.fault for sent in process.signals)
        for process in history.processes.values()
    )
