"""The moment and the victims of a fault that strikes processes: shared by every kind that has a `when`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from harness.faults.spec import FaultInstance, Following, PlannedTicket
from harness.faults.stage import Stage
from harness.faults.triggers.choosing import tickets_reaching
from harness.faults.triggers.when import When
from systems.desk.outcomes import draw
from systems.desk.points import PointSpec

# A victim that is idle proves nothing, so a busy one is waited for; not longer, as the plan names a moment.
BUSY_WAIT_S = 2.0
Target = Literal["owner", "one", "all"]


def validate_plan(when: When, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
    """Return what the plan makes impossible about the moment."""
    step = when.step
    if step is None:
        return []
    able = tickets_reaching(tickets, step, when.visit)
    if not tickets_reaching(tickets, step):
        return [("when.step", f"expected a step that some planned ticket passes, found {step}, which none does")]
    if not able:
        return [
            (
                "when.visit",
                f"expected a visit that some planned ticket makes, found {when.visit}: none calls {step} so often",
            )
        ]
    if when.occurrence > len(able):
        many = f"expected at most {len(able)}, as many planned tickets pass {step}"
        return [("when.occurrence", f"{many}; found {when.occurrence}")]
    return []


def validate_target(when: When, target: Target, given: frozenset[str]) -> list[tuple[str, str]]:
    """Refuse an owner where nothing is owned."""
    if "target" in given and target == "owner" and when.step is None:
        return [("target", "target: owner goes with a step trigger only: expected one or all, found owner")]
    return []


def validate_attempts(when: When, attempts: int, given: frozenset[str]) -> list[tuple[str, str]]:
    """Refuse a number of executions where no step is there to count them at."""
    if "attempts" not in given or when.step is not None:
        return []
    return [("attempts", f"attempts: goes with a step trigger only: expected when.step, found attempts: {attempts}")]


def validate_timed(when: When) -> list[tuple[str, str]]:
    """Refuse a step trigger for what happens around the desk, not in it."""
    if when.step is None:
        return []
    return [("when.step", "when.step: this fault has no place in a step: expected after or progress, found step")]


def schedule(
    kind: str, when: When, fault: int, tickets: Sequence[PlannedTicket], seed: int, attempts: int = 1
) -> list[FaultInstance]:
    """Return one instance, or one for each of `times`, or of the first executions (`attempts`) at the step."""
    if when.step is not None:
        return [
            FaultInstance(
                f"{fault}.{n}",
                fault,
                kind,
                ticket=ticket.number,
                step=when.step.value,
                visit=when.visit,
                window=when.window.value,
                choice=draw(seed, n, f"victim/{fault}"),
            )
            for ticket in tickets_reaching(tickets, when.step, when.visit)[when.occurrence - 1 : when.occurrence]
            for n in range(1, attempts + 1)
        ]
    if when.fault is not None and when.after is not None:
        following = Following(when.fault, when.after)
        return [FaultInstance(f"{fault}.1", fault, kind, choice=draw(seed, 0, f"victim/{fault}"), following=following)]
    at = [None if when.after is None else when.after + n * (when.every or 0.0) for n in range(when.times)]
    return [
        FaultInstance(
            f"{fault}.{n}", fault, kind, at_s=at_s, progress=when.progress, choice=draw(seed, n, f"victim/{fault}")
        )
        for n, at_s in enumerate(at, start=1)
    ]


def aimed(instances: list[FaultInstance], ticket: int | UnsetType) -> list[FaultInstance]:
    """Let timed instances strike the worker that has a ticket, if they are to."""
    if ticket is UNSET:
        return instances
    return [msgspec.structs.replace(instance, ticket=ticket) for instance in instances]


def validate_ticket(when: When, ticket: int | UnsetType, given: frozenset[str]) -> list[tuple[str, str]]:
    """Refuse a ticket where a step or a target says already who is struck."""
    if ticket is UNSET:
        return []
    if when.step is not None:
        return [
            ("ticket", f"ticket: does not go with when.step, which names the ticket: expected none, found {ticket}")
        ]
    if "target" in given:
        return [("ticket", "ticket: does not go with target: expected one of them, found both")]
    return []


def validate_planned(ticket: int | UnsetType, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
    """Refuse a ticket that is not planned."""
    if ticket is UNSET or any(planned.number == ticket for planned in tickets):
        return []
    return [("ticket", f"ticket: expected a number from 1 to {len(tickets)}, as many are planned; found {ticket}")]


def points(when: When, instance: FaultInstance) -> tuple[PointSpec, ...]:
    """Tell workers of the place; a timed fault needs none."""
    if instance.ticket is None or instance.step is None:
        return ()
    return (PointSpec(instance.id, instance.ticket, instance.step, when.window, "report", visit=instance.visit),)


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a fault was due (ns; 0 where an event triggers it), and the process that blocks at its point, if any."""

    planned: int
    owner: str | None = None


async def moment(instance: FaultInstance, stage: Stage) -> Occasion | None:
    """Wait for the instance's moment; None, with the reason recorded, if quiet came first."""
    planned, owner = 0, None
    if isinstance(instance.following, Following):
        due = await stage.clock.due_after_fault(instance.following.fault, instance.following.delay_s)
        has_come, planned = due is not None, due or 0
    elif instance.step is None:
        due = await stage.clock.due(instance.at_s, instance.progress)
        has_come, planned = due is not None, due or 0
    else:
        owner = await stage.clock.reached(instance.id)
        has_come = owner is not None
    if not has_come:
        stage.ended(instance.id, healed=True, injected=False, note="the run went quiet before its moment came")
        return None
    return Occasion(planned, owner)


async def strike(instance: FaultInstance, stage: Stage, target: Target) -> tuple[int, Sequence[str]] | None:
    """Wait for the moment and choose the victims; None, with the reason recorded, if there is nothing to strike."""
    when = await moment(instance, stage)
    if when is None:
        return None
    victims: Sequence[str] = [when.owner] if target == "owner" and when.owner is not None else []
    victims = victims or await busy_victims(instance, stage, target)
    if not victims:
        stage.clock.release(instance.id)
        stage.ended(instance.id, healed=True, injected=False, note=f"no worker was busy within {BUSY_WAIT_S:g} s")
        return None
    return when.planned, victims


async def busy_victims(instance: FaultInstance, stage: Stage, target: Target) -> Sequence[str]:
    """Choose among the workers that are busy; none, if none becomes so in time."""
    if instance.ticket is not None:
        return await stage.processes.having(instance.ticket, BUSY_WAIT_S)
    busy = await stage.processes.busy(BUSY_WAIT_S)
    if not busy:
        return []
    # The draw is the plan's, so that every run and system is struck by the same lot; which workers are busy by then is
    # theirs.
    return stage.processes.workers() if target == "all" else [busy[int(instance.choice * len(busy))]]
