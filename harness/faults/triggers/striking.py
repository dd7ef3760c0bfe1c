"""The moment and the victims of a fault that strikes processes: shared by every kind that has a `when`."""

from collections.abc import Sequence
from typing import Literal

from harness.faults.spec import FaultInstance, PlannedTicket, Stage
from harness.faults.triggers.choosing import passing
from harness.faults.triggers.when import When
from systems.desk.outcomes import draw
from systems.desk.points import PointSpec

BUSY_WAIT_S = 2.0
Target = Literal["owner", "one", "all"]


def problems(when: When, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
    """Return what the plan makes impossible about the moment."""
    step = when.step
    if step is None:
        return []
    able = passing(tickets, step, when.visit)
    if not passing(tickets, step):
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


def target_mistakes(when: When, target: Target, given: frozenset[str]) -> list[tuple[str, str]]:
    """Refuse an owner where nothing is owned."""
    if "target" in given and target == "owner" and when.step is None:
        return [("target", "target: owner goes with a step trigger only: expected one or all, found owner")]
    return []


def attempts_mistakes(when: When, attempts: int, given: frozenset[str]) -> list[tuple[str, str]]:
    """Refuse a number of executions where no step is there to count them at."""
    if "attempts" not in given or when.step is not None:
        return []
    return [("attempts", f"attempts: goes with a step trigger only: expected when.step, found attempts: {attempts}")]


def timed_mistakes(when: When) -> list[tuple[str, str]]:
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
                ticket=one.number,
                step=when.step.value,
                visit=when.visit,
                window=when.window.value,
                choice=draw(seed, n, f"victim/{fault}"),
            )
            for one in passing(tickets, when.step, when.visit)[when.occurrence - 1 : when.occurrence]
            for n in range(1, attempts + 1)
        ]
    at = [None if when.after is None else when.after + n * (when.every or 0.0) for n in range(when.times)]
    return [
        FaultInstance(
            f"{fault}.{n}", fault, kind, at_s=at_s, progress=when.progress, choice=draw(seed, n, f"victim/{fault}")
        )
        for n, at_s in enumerate(at, start=1)
    ]


def points(when: When, instance: FaultInstance) -> tuple[PointSpec, ...]:
    """Tell workers of the place; a timed fault needs none."""
    if instance.ticket is None or instance.step is None:
        return ()
    return (PointSpec(instance.id, instance.ticket, instance.step, when.window, "report", visit=instance.visit),)


async def moment(instance: FaultInstance, stage: Stage) -> tuple[int | None, str | None]:
    """Wait; return (planned ns, None when quiet came first; the process that blocks at the point)."""
    if instance.step is None:
        return await stage.due(instance), None
    owner = await stage.reached(instance.id)
    return (None if owner is None else 0), owner


async def strike(instance: FaultInstance, stage: Stage, target: Target) -> tuple[int, Sequence[str]] | None:
    """Wait for the moment and choose the victims; None, with the reason recorded, if there is nothing to strike."""
    planned, owner = await moment(instance, stage)
    if planned is None:
        stage.ended(instance, healed=True, injected=False, note="the run went quiet before its moment came")
        return None
    victims = await _victims(instance, stage, target, owner)
    if not victims:
        stage.release(instance.id)
        stage.ended(instance, healed=True, injected=False, note=f"no worker was busy within {BUSY_WAIT_S:g} s")
        return None
    return planned, victims


async def _victims(instance: FaultInstance, stage: Stage, target: Target, owner: str | None) -> Sequence[str]:
    if target == "owner" and owner is not None:
        return [owner]
    return await busy_victims(instance, stage, target)


async def busy_victims(instance: FaultInstance, stage: Stage, target: Target) -> Sequence[str]:
    """Choose among the workers that are busy; none, if none becomes so in time."""
    busy = await stage.busy(BUSY_WAIT_S)
    if not busy:
        return []
    return stage.workers() if target == "all" else [busy[int(instance.choice * len(busy))]]
