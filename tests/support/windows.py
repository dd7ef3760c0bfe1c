"""Scenarios that kill a worker at every step of the three flows, in each window, one ticket at a time."""

from dataclasses import dataclass
from itertools import product

from systems.desk.model import Priority, Ticket, Window
from systems.desk.outcomes import Outcomes
from systems.desk.path import Oracle, oracle

OUTCOMES = Outcomes(
    kb_miss=0.4, resolution_invalid=0.4, no_agent=0.1, needs_escalation=0.5, escalation_rejected=0.5, fix_fails=0.4
)
SEED = 1673
"""With which each place of the parts that are killed is on the path of the next ticket."""


@dataclass(frozen=True)
class Place:
    """A window of a step of a flow."""

    priority: Priority
    step: str
    window: Window


@dataclass(frozen=True)
class Walk:
    """A flow's places, each on a ticket of its own: ticket number -> place."""

    priority: Priority
    tickets: int
    places: dict[int, Place]

    def oracle(self, number: int) -> Oracle:
        return oracle(Ticket(number, self.priority), OUTCOMES, SEED)


def places(priority: Priority) -> list[Place]:
    steps = {passage.step for n in range(1, 60) for passage in oracle(Ticket(n, priority), OUTCOMES, SEED).path}
    return [Place(priority, step, window) for step, window in product(sorted(steps), Window)]


def walk_of(priority: Priority, wanted: list[Place]) -> Walk:
    """Give each place the next ticket whose path has its step."""
    taken: dict[int, Place] = {}
    number = 0
    waiting = list(wanted)
    while waiting:
        number += 1
        path = {passage.step for passage in oracle(Ticket(number, priority), OUTCOMES, SEED).path}
        found = next((place for place in waiting if place.step in path), None)
        if found is not None:
            waiting.remove(found)
            taken[number] = found
    return Walk(priority, number, taken)


def occurrence(walk: Walk, number: int) -> int:
    """Count the tickets up to `number` whose path has the place's step."""
    step = walk.places[number].step
    return sum(any(p.step == step for p in walk.oracle(n).path) for n in range(1, number + 1))


BLOCKS = {
    "sync": "  sync: {processes: 2, threads: 2}",
    "temporal": "  temporal: {processes: 1, threads: 2, profile: tuned_engine}",
}


def scenario(walk: Walk, *systems: str, idempotency: bool) -> str:
    """Write the scenario: one ticket at a time, so that a kill hits its own ticket alone."""
    shares = {name: getattr(OUTCOMES, name) for name in OUTCOMES.__struct_fields__}
    lines = [
        f"name: windows-{walk.priority}",
        f"seed: {SEED}",
        "load:",
        f"  tickets: {walk.tickets}",
        "  arrival: {concurrency: 1}",
        "  timeout: 20s",
        f"  priorities: {{{walk.priority}: 1}}",
        "desk:",
        "  step_time: 2ms",
        f"  outcomes: {{{', '.join(f'{name}: {share}' for name, share in shares.items())}}}",
        f"  safeguards: {{idempotency: {str(idempotency).lower()}}}",
        "systems:",
        *(BLOCKS[system] for system in systems),
        "settle: 60s",
        "faults:",
    ]
    for number, place in sorted(walk.places.items()):
        where = f"step: {place.step}, occurrence: {occurrence(walk, number)}, window: {place.window}"
        lines += ["  - kind: worker_kill", f"    when: {{{where}}}", "    restart_after: 0ms"]
    return "\n".join(lines) + "\n"
