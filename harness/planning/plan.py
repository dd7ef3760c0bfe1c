"""A Plan: all that (scenario, seed) decides before anything starts, byte for byte the same everywhere."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from harness.faults.spec import FaultInstance, FaultSpec, PlannedTicket
from harness.planning.scenario import ArrivingTicket, Priorities, Scenario
from systems.desk.model import Branch, Priority, Ticket
from systems.desk.outcomes import ASKED, branch_of, draw
from systems.desk.path import Oracle, oracle

SCHEMA = 1
_SEED_BITS = 31
Ways = dict[tuple[Priority | type[Branch] | None, ...], Oracle]
"""Oracles, by all that they hang on: the ticket's priority, and what each question would be answered. Of a hundred
thousand tickets, a few dozen are left: tickets that go the same way share one."""


class Plan(msgspec.Struct, frozen=True):
    """Tickets with their oracle, and every fault instance; `canaries` are walked first and not counted."""

    schema: int
    seed: int
    scenario: Scenario
    tickets: tuple[PlannedTicket, ...]
    canaries: tuple[PlannedTicket, ...]
    faults: tuple[FaultInstance, ...]


def build(scenario: Scenario, seed: int | None = None) -> Plan:
    """Plan a scenario under `seed` (its own by default)."""
    chosen = scenario.seed if seed is None else seed
    planned = tickets(scenario, chosen)
    faults = instances(enumerate(scenario.faults, start=1), planned, chosen)
    return Plan(SCHEMA, chosen, scenario, planned, canaries(scenario, chosen), tuple(faults))


def instances(
    faults: Iterable[tuple[int, FaultSpec]], planned: Sequence[PlannedTicket], seed: int
) -> Iterator[FaultInstance]:
    """Plan every firing of faults, each given with its number in the scenario."""
    return (instance for number, fault in faults for instance in fault.schedule(number, planned, seed))


def for_repetition(scenario: Scenario, repetition: int) -> Plan:
    """Plan one repetition: the first uses the seed itself, a later one a seed derived from (seed, repetition)."""
    return build(scenario, repetition_seed(scenario.seed, repetition))


def of_system(plan: Plan, label: str) -> Plan:
    """Return what a plan means for one system: its own tickets; of faults the judge says whom they are for."""
    if not any(ticket.systems for ticket in plan.tickets):
        return plan
    own = tuple(ticket for ticket in plan.tickets if not ticket.systems or label in ticket.systems)
    return msgspec.structs.replace(plan, tickets=own)


def repetition_seed(seed: int, repetition: int) -> int:
    """Derive the seed of a repetition, counted from 1 (SHA-256 of both, cut to 31 bits)."""
    # So that a single run is planned by the seed as it is written, and `--seed` with a derived one plans just that
    # repetition again.
    if repetition == 1:
        return seed
    digest = hashlib.sha256(f"{seed}/repetition/{repetition}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)


def tickets(scenario: Scenario, seed: int) -> tuple[PlannedTicket, ...]:
    """Plan the tickets alone, by arrival: as listed; else priorities shuffled by the seed, arrivals evenly spaced."""
    known: Ways = {}
    if isinstance(scenario.load.tickets, tuple):
        numbered = sorted(enumerate(scenario.load.tickets, start=1), key=lambda numbered: numbered[1].at)
        return tuple(planned_ticket(scenario, number, each, seed, known) for number, each in numbered)
    order = _shuffled(_counts(scenario.load.priorities, scenario.load.count), seed)
    return tuple(
        _planned(scenario, number, priority, seed, _arrival_s(scenario, number), known)
        for number, priority in enumerate(order, start=1)
    )


def planned_ticket(
    scenario: Scenario, number: int, arriving: ArrivingTicket, seed: int, known: Ways | None = None
) -> PlannedTicket:
    """Plan a ticket that is listed."""
    planned = _planned(scenario, number, arriving.priority, seed, arriving.at, {} if known is None else known)
    return msgspec.structs.replace(planned, systems=arriving.systems)


def canaries(scenario: Scenario, seed: int) -> tuple[PlannedTicket, ...]:
    """Plan one ticket of each priority, which is walked first and not counted."""
    # Negative numbers keep canaries out of every count by `ticket > 0`, without a field in each record.
    return tuple(_planned(scenario, -n, p, seed, None, {}) for n, p in enumerate(Priority, start=1))


def _planned(
    scenario: Scenario, number: int, priority: Priority, seed: int, arrival_s: float | None, known: Ways
) -> PlannedTicket:
    ticket, outcomes = Ticket(number, priority), scenario.desk.outcomes
    way = (priority, *[branch_of(outcomes, seed, ticket, step) for step in ASKED[priority]])
    truth = known.get(way)
    if truth is None:
        truth = known[way] = oracle(ticket, outcomes, seed)
    return PlannedTicket(number, priority.value, arrival_s, truth)


def _sharing(planned: Iterable[PlannedTicket]) -> tuple[PlannedTicket, ...]:
    """Let tickets that were read share their oracles, as planned ones do."""
    known: dict[Oracle, Oracle] = {}
    return tuple(
        msgspec.structs.replace(ticket, oracle=known.setdefault(ticket.oracle, ticket.oracle)) for ticket in planned
    )


def _arrival_s(scenario: Scenario, number: int) -> float | None:
    arrival = scenario.load.arrival
    if arrival.concurrency is not None:
        return None
    return 0.0 if arrival.rate is None else round((number - 1) / arrival.rate, 9)


def _counts(weights: Priorities, total: int) -> list[Priority]:
    """Share out `total` by the largest remainder; equal remainders go to the more urgent first."""
    weight = {Priority.LOW: weights.low, Priority.MEDIUM: weights.medium, Priority.HIGH: weights.high}
    whole = sum(weight.values())
    counts = {priority: total * part // whole for priority, part in weight.items()}
    # Whole numbers throughout (Hamilton's method): a remainder in floating point could fall either way on another
    # machine, and with it the plan.
    urgent_first = sorted(weight, key=lambda p: (-(total * weight[p] % whole), -list(Priority).index(p)))
    for priority in urgent_first[: total - sum(counts.values())]:
        counts[priority] += 1
    return [priority for priority, count in counts.items() for _ in range(count)]


def _shuffled(order: list[Priority], seed: int) -> list[Priority]:
    """Shuffle with own draws (Fisher-Yates), as no library promises the same order for ever."""
    for last in range(len(order) - 1, 0, -1):
        drawn = int(draw(seed, last, "shuffle") * (last + 1))
        order[last], order[drawn] = order[drawn], order[last]
    return order


def encode(plan: Plan) -> bytes:
    """Write a plan as indented JSON with sorted keys; durations are seconds."""
    return msgspec.json.format(msgspec.json.encode(plan, order="sorted"), indent=2) + b"\n"


def decode(text: bytes) -> Plan:
    """Read a plan that `encode` wrote; raises msgspec.DecodeError for anything else."""
    plan = msgspec.json.decode(text, type=Plan)
    return msgspec.structs.replace(plan, tickets=_sharing(plan.tickets))


def sha256(plan: Plan) -> str:
    """Return the SHA-256 of the encoded plan: two runs with the same one had the same tickets and faults."""
    return hashlib.sha256(encode(plan)).hexdigest()
