"""What was done: the tickets and the faults of a session as a plan, and as a scenario that repeats it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET

from harness.faults.kinds.long_pause import LongPause
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.spec import FaultInstance, FaultSpec, PlannedTicket
from harness.faults.triggers.choosing import tickets_reaching
from harness.faults.triggers.when import When
from harness.live.orders import NextStep
from harness.planning import plan as planning
from harness.planning.plan import Plan
from harness.planning.scenario import Arrival, ArrivingTicket, Priorities, Scenario
from systems.desk.model import Priority, Step, Window

SHORTEST_S = 0.001
"""No block may last no time, and one that is still under way has no time yet."""


class Hit(msgspec.Struct, frozen=True):
    """The step of a ticket that was under way when a fault struck by hand; an empty one: whoever had the ticket."""

    ticket: int
    step: str
    visit: int


class Deed(msgspec.Struct):
    """A fault that was done: its block, its instance, and what it hit, by label (a pause: by label and ticket).

    `durations` are those of a pause's tickets, as far as they are over.
    """

    spec: FaultSpec
    instance: FaultInstance
    hits: dict[str, tuple[Hit, ...]] = {}
    durations: dict[int, float] = {}


@dataclass(slots=True)
class Deeds:
    """Everything that was done so far. `base` is the scenario that the session began with."""

    base: Scenario
    tickets: list[PlannedTicket] = field(default_factory=list)
    faults: list[Deed] = field(default_factory=list)

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(block.label for block in self.base.systems)

    def next_ticket(self, priority: Priority, at_s: float, labels: Sequence[str]) -> PlannedTicket:
        """Plan one more ticket, with the oracle that its number and the seed decide."""
        arriving = ArrivingTicket(priority, at_s, () if len(labels) == len(self.labels) else tuple(labels))
        planned = planning.planned_ticket(self.base, len(self.tickets) + 1, arriving, self.base.seed)
        self.tickets.append(planned)
        return planned

    def add(self, spec: FaultSpec, labels: Sequence[str]) -> Deed:
        """Give a fault its number; it is about to strike these columns."""
        aimed = spec if len(labels) == len(self.labels) else msgspec.structs.replace(spec, systems=tuple(labels))
        number = len(self.faults) + 1
        (instance, *_) = aimed.schedule(number, self.tickets, self.base.seed)
        deed = Deed(aimed, instance)
        self.faults.append(deed)
        return deed

    def strikes(self, spec: FaultSpec, at: NextStep) -> bool:
        """Say whether a fault that is added now strikes just this step, and no other of its ticket or none at all.

        Where its block cannot name the visit, a step that the ticket comes to twice is left to chance.
        """
        instances = spec.schedule(len(self.faults) + 1, self.tickets, self.base.seed)
        path = [passage.step for passage in self.tickets[at.ticket - 1].oracle.path]
        is_named = getattr(spec, "visit", None) == at.visit or path.count(at.step.value) == 1
        return is_named and any((one.step, one.visit or at.visit) == (at.step.value, at.visit) for one in instances)

    def lasted(self, fault: int, ticket: int, duration_s: float) -> None:
        """Note how long a pause of a ticket lasted: a block lasts as long as its shortest."""
        deed = self.faults[fault - 1]
        before = deed.durations.get(ticket, duration_s)
        deed.durations = {**deed.durations, ticket: max(SHORTEST_S, round(min(before, duration_s), 3))}
        deed.spec = msgspec.structs.replace(deed.spec, duration=min(deed.durations.values()))

    def scenario(self) -> Scenario:
        """Return the scenario as it was done: every fault at its moment."""
        return self._with(tuple(deed.spec for deed in self.faults))

    def plan(self) -> Plan:
        """Return the plan that was followed."""
        canaries = planning.canaries(self.base, self.base.seed)
        instances = tuple(deed.instance for deed in self.faults)
        return Plan(planning.SCHEMA, self.base.seed, self.scenario(), self._by_arrival(), canaries, instances)

    def repeatable(self) -> Scenario:
        """Return the scenario that repeats it: what hit a step strikes that step again, whenever it comes to it.

        Its time begins with the first ticket.
        """
        first_s = min((ticket.arrival_s or 0.0 for ticket in self.tickets), default=0.0)
        done = self._with(tuple(_Points(self._by_arrival()).repeated(self.faults)))
        earlier = tuple(
            msgspec.structs.replace(ticket, at=round(ticket.at - first_s, 3)) for ticket in done.load.listed
        )
        load = msgspec.structs.replace(done.load, tickets=earlier)
        return msgspec.structs.replace(done, load=load, faults=tuple(_earlier(f, first_s) for f in done.faults))

    def _by_arrival(self) -> tuple[PlannedTicket, ...]:
        return tuple(self.tickets)  # as they were sent

    def _with(self, faults: tuple[FaultSpec, ...]) -> Scenario:
        listed = tuple(
            ArrivingTicket(Priority(ticket.priority), ticket.arrival_s or 0.0, ticket.systems)
            for ticket in self.tickets
        )
        counts = {priority.value: sum(each.priority is priority for each in listed) for priority in Priority}
        load = msgspec.structs.replace(
            self.base.load, tickets=listed, arrival=Arrival(), priorities=Priorities(**counts)
        )
        return msgspec.structs.replace(self.base, load=load, faults=faults)


def begun(scenario: Scenario) -> Scenario:
    """Return what a session begins with: the scenario without its load, its faults and what it expects."""
    load = msgspec.structs.replace(scenario.load, tickets=(), arrival=Arrival(), priorities=Priorities())
    return msgspec.structs.replace(scenario, load=load, faults=(), expect=(), repeat=1)


def _earlier(fault: FaultSpec, by_s: float) -> FaultSpec:
    """Return a block that strikes so much earlier, if it has a time."""
    when = getattr(fault, "when", None)
    if not isinstance(when, When) or when.after is None:
        return fault
    moment = msgspec.structs.replace(when, after=max(0.0, round(when.after - by_s, 3)))
    return msgspec.structs.replace(fault, when=moment)


class _Points:
    """Turns faults that hit a step into points of that step; no two share one."""

    def __init__(self, tickets: Sequence[PlannedTicket]) -> None:
        self._tickets = tickets
        self._taken: dict[tuple[Hit, tuple[str, ...]], int] = {}
        self._blocks: list[FaultSpec] = []

    def repeated(self, deeds: Sequence[Deed]) -> list[FaultSpec]:
        """Return the blocks that repeat what was done."""
        for deed in deeds:
            for labels, hit, spec in _parts(deed):
                self._add(spec, labels, hit)
        return self._blocks

    def _add(self, spec: FaultSpec, labels: tuple[str, ...], hit: Hit | None) -> None:
        when = None if hit is None else self._when(hit)
        aimed = spec if not labels else msgspec.structs.replace(spec, systems=labels)
        if hit is not None and when is None and _strikes_workers(aimed):
            aimed = msgspec.structs.replace(aimed, ticket=hit.ticket)
        if hit is None or when is None:
            self._blocks.append(aimed)
            return
        before = self._taken_by(hit, labels)
        if before is None:
            self._taken[hit, labels] = len(self._blocks)
            self._blocks.append(_at(aimed, when))
        elif isinstance(aimed, WorkerKill) and isinstance(earlier := self._blocks[before], WorkerKill):
            # The same execution cannot be struck by two blocks: one strikes it, and the next execution too.
            self._blocks[before] = msgspec.structs.replace(earlier, attempts=earlier.attempts + 1)
        else:
            self._blocks.append(aimed)

    def _taken_by(self, hit: Hit, labels: tuple[str, ...]) -> int | None:
        for (place, columns), block in self._taken.items():
            if place == hit and (not columns or not labels or not set(columns).isdisjoint(labels)):
                return block
        return None

    def _when(self, hit: Hit) -> When | None:
        """Return the point; None where no planned path has it, as after an agent was silent."""
        if not hit.step:
            return None
        reaching = [ticket.number for ticket in tickets_reaching(self._tickets, Step(hit.step), hit.visit)]
        if hit.ticket not in reaching:
            return None
        place = reaching.index(hit.ticket) + 1
        return When(step=Step(hit.step), occurrence=place, window=Window.BEFORE_EFFECT, visit=hit.visit)


def _parts(deed: Deed) -> list[tuple[tuple[str, ...], Hit | None, FaultSpec]]:
    """Return (columns, place, block) of each part of a deed: what was hit may differ from column to column."""
    spec = deed.spec
    only = () if spec.systems is UNSET else spec.systems
    if isinstance(spec, LongPause) and spec.scope == "ticket" and isinstance(spec.tickets, tuple):
        return [
            (labels, hit, msgspec.structs.replace(spec, tickets=(n,), duration=deed.durations.get(n, spec.duration)))
            for n in spec.tickets
            for labels, hit in _grouped(deed.hits, only, n)
        ]
    if _strikes_workers(spec):
        return [(labels, hit, spec) for labels, hit in _grouped(deed.hits, only, None)]
    return [(only, None, spec)]


def _grouped(
    hits: Mapping[str, tuple[Hit, ...]], only: tuple[str, ...], ticket: int | None
) -> list[tuple[tuple[str, ...], Hit | None]]:
    """Group columns by what was hit in them; no columns stand for all."""
    first = {
        label: next((hit for hit in of_label if ticket is None or hit.ticket == ticket), None)
        for label, of_label in hits.items()
    }
    groups: dict[Hit | None, list[str]] = {}
    for label, hit in first.items():
        groups.setdefault(hit, []).append(label)
    if len(groups) <= 1:
        return [(only, next(iter(groups), None))]
    return [(tuple(labels), hit) for hit, labels in groups.items()]


def _strikes_workers(spec: FaultSpec) -> bool:
    return isinstance(spec, WorkerKill) or (isinstance(spec, LongPause) and spec.scope == "worker")


def _at(spec: FaultSpec, when: When) -> FaultSpec:
    """Return a block that strikes at a point, whoever is there."""
    if _strikes_workers(spec):
        return msgspec.structs.replace(spec, when=when, target="owner")
    # Of a ticket's pause the point names the ticket.
    return msgspec.structs.replace(spec, when=when, tickets="all")
