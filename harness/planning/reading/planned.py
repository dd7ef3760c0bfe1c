"""What only the plan can tell is wrong: places that no ticket passes, and points that two faults take."""

from collections.abc import Iterator, Sequence

from harness.faults.spec import FaultInstance, PlannedTicket
from harness.planning import plan as planning
from harness.planning.reading.draft import Draft
from harness.planning.scenario import Scenario
from systems.desk.units import MOST

SEEDS_TRIED = 200
MOST_PLANNED = 100_000
"""So many tickets at most are planned to find a seed that would do: a second or two."""
PLANNED = (".seed", ".load.tickets", ".load.priorities", ".desk.outcomes")
SEEDED = ("when.occurrence", "when.step", "when.visit", "step")
"""The keys of a fault whose mistake another seed may mend."""


def more_than_can_be_planned(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse more tickets in all repetitions than one may have: all of them are planned before the first starts."""
    if draft.knows(".load.tickets", ".repeat") and _tickets_in_all(draft) > MOST:
        count, repeat = draft.scenario.load.count, draft.scenario.repeat
        what = f"expected at most {MOST // count} repetitions of {count} tickets, {MOST} tickets in all"
        yield ".repeat", f"repeat: {what}; found {repeat}"


def _tickets_in_all(draft: Draft) -> int:
    return draft.scenario.load.count * draft.scenario.repeat


def impossible_in_the_plan(draft: Draft) -> Iterator[tuple[str, str]]:
    """Tell what the plan of any repetition makes impossible; nothing, if what it is made of could not be read."""
    if not draft.faults or not draft.knows(*PLANNED) or _tickets_in_all(draft) > MOST:
        return
    wrong: dict[tuple[int, str], str] = {}
    shared: dict[tuple[int, int], str] = {}
    for repetition in range(1, draft.scenario.repeat + 1):
        seed = planning.repetition_seed(draft.scenario.seed, repetition)
        tickets = planning.tickets(draft.scenario, seed)
        problems = _problems(draft, tickets)
        where = f" (in repetition {repetition}, seed {seed})" if repetition > 1 else ""
        wrong = {**{place: message + where for place, message in problems.items()}, **wrong}
        shared = {**_same_points(draft, tickets, seed, {number for number, _ in problems}), **shared}
    for (number, key), message in wrong.items():
        yield f".faults[{number}].{key}", message + _seed_that_would_do(draft, number, key, wrong)
    for (number, earlier), point in shared.items():
        line = draft.faults[earlier].line
        yield f".faults[{number}]", f"expected a point of its own, found that of the fault in line {line}: {point}"


def _problems(draft: Draft, tickets: Sequence[PlannedTicket]) -> dict[tuple[int, str], str]:
    """Return what is impossible, by the fault's number and key."""
    return {
        (number, key): message
        for number, fault in draft.faults.items()
        for key, message in fault.validate_plan(tickets)
    }


# -- a seed that would do


def _seed_that_would_do(draft: Draft, number: int, key: str, wrong: dict[tuple[int, str], str]) -> str:
    if key not in SEEDED:
        return ""
    known = {faulty for faulty, _ in wrong} - {number}
    # A suggestion that has to be waited for is none: a large load leaves fewer tries, or not a single one.
    for seed in range(1, 1 + min(SEEDS_TRIED, MOST_PLANNED // _tickets_in_all(draft))):
        # Other faults that are wrong anyway may stay wrong; no new one may become so.
        if _impossible_under(draft, seed) <= known:
            return f"; seed {seed} would do"
    return ""


def _impossible_under(draft: Draft, seed: int) -> set[int]:
    """Return the faults that are impossible in any repetition under another seed."""
    return {number for tickets in _repetitions(draft.scenario, seed) for number, _ in _problems(draft, tickets)}


def _repetitions(scenario: Scenario, seed: int) -> Iterator[tuple[PlannedTicket, ...]]:
    for repetition in range(1, scenario.repeat + 1):
        yield planning.tickets(scenario, planning.repetition_seed(seed, repetition))


# -- one execution of a window can be struck by one fault only


def _same_points(
    draft: Draft, tickets: Sequence[PlannedTicket], seed: int, impossible: set[int]
) -> dict[tuple[int, int], str]:
    """Return the first point that two faults share, by the numbers of the later and the earlier one."""
    able = [(number, fault) for number, fault in draft.faults.items() if number not in impossible]
    taken: dict[tuple[int, str, str | None], list[FaultInstance]] = {}
    shared: dict[tuple[int, int], str] = {}
    for instance in planning.instances(able, tickets, seed):
        if instance.step is None or instance.ticket is None:
            continue
        before = taken.setdefault((instance.ticket, instance.step, instance.window), [])
        for earlier in before:
            if earlier.fault == instance.fault:
                continue  # each strikes an execution of its own
            if earlier.visit is None or instance.visit is None or earlier.visit == instance.visit:
                point = f"{instance.step}, {instance.window or 'any window'}, ticket {instance.ticket}"
                shared.setdefault((instance.fault, earlier.fault), point)
        before.append(instance)
    return shared
