"""An agent stays silent: whoever asks waits for the agent's time-out, and the answer comes when nobody wants it."""

from collections.abc import Sequence

from harness.faults.healing import NOTHING_TO_UNDO
from harness.faults.pauses.pausing import SLACK_S, Pause
from harness.faults.spec import Attestation, FaultInstance, PlannedTicket, Stage
from harness.faults.triggers.choosing import chosen, passing, problems_of_step
from harness.history.model import History
from systems.desk.model import Step, Window
from systems.desk.points import PointSpec

SECOND = 1_000_000_000


def problems(pause: Pause, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
    """Return what the plan makes impossible."""
    return problems_of_step(pause.tickets, _step(pause), tickets)


def schedule(pause: Pause, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
    """Return one instance for each ticket whose agents are silent."""
    able = chosen(pause.tickets, passing(tickets, _step(pause)), seed, fault)
    return [
        FaultInstance(f"{fault}.{n}", fault, "long_pause", ticket=one.number, step=_step(pause).value)
        for n, one in enumerate(able, start=1)
    ]


def points(pause: Pause, instance: FaultInstance) -> tuple[PointSpec, ...]:
    """Tell workers how many agents of the ticket say nothing, and for how long."""
    if instance.ticket is None:
        return ()
    place = (instance.ticket, _step(pause).value, Window.BEFORE_EFFECT)
    return (PointSpec(instance.id, *place, "silent", tokens=pause.agents, duration_s=pause.duration_s),)


async def inject(pause: Pause, instance: FaultInstance, stage: Stage) -> None:
    """Answer for each silent agent when their silence is over, as they would."""
    for number in range(1, pause.agents + 1):
        began = await stage.struck(instance.id, number)
        if began is None:
            break
        if number == 1:
            stage.begun(instance, 0)
        await stage.answer_late(instance.id, began, pause.duration_s)
    else:
        stage.ended(instance, healed=True, injected=True)
        return
    stage.ended(instance, healed=True, injected=number > 1, note="the run went quiet before every agent was asked")


def attest(pause: Pause, instance: FaultInstance, history: History) -> Attestation:
    """Landed: every planned agent was asked, and answered only after so long."""
    strikes = [(proc, one) for proc, one in history.strikes if one.point == instance.id]
    if not strikes:
        return Attestation(instance.id, "missed", f"no agent was asked in {pause.step}", healed=NOTHING_TO_UNDO)
    proc, first = strikes[0]
    tickets = (first.ticket,)
    doubts, answered = [], {one.visit for one in history.late_answers if one.fault == instance.id}
    is_healed = all(one.visit in answered for _, one in strikes)
    if len(strikes) < pause.agents and not _is_over(first.ticket, history):
        doubts.append(f"{len(strikes)} of {pause.agents} agents were asked")
    for _, one in strikes:
        answer = next((a for a in history.late_answers if (a.fault, a.visit) == (instance.id, one.visit)), None)
        if answer is None:
            doubts.append(f"the agent of visit {one.visit} had not answered when the run ended")
        elif answer.t - one.t < (pause.duration_s - SLACK_S) * SECOND:
            doubts.append(f"the agent of visit {one.visit} answered after {(answer.t - one.t) / SECOND:.2f} s")
    if doubts:
        return Attestation(instance.id, "missed", "; ".join(doubts), first.t, (proc,), tickets, healed=is_healed)
    refused = sum(a.is_refused for a in history.late_answers if a.fault == instance.id)
    detail = f"{len(strikes)} agents silent for {pause.duration_s:g} s, {refused} late answers refused"
    return Attestation(instance.id, "landed", detail, first.t, (proc,), tickets, healed=is_healed)


def _is_over(ticket: int, history: History) -> bool:
    """Say whether another fault ended the process that walked the ticket, so that nobody else was asked."""
    mine = {a.proc for a in history.attempts if a.ticket == ticket}
    return any(one.proc in mine and any(s.fault for s in one.signals) for one in history.processes.values())


def _step(pause: Pause) -> Step:
    assert pause.step is not None  # noqa: S101 - asked for by the keys of the scope
    return pause.step
