"""What makes a run of a valid scenario prove little, as far as that is known before it starts. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import msgspec

from harness.catalogue import CATALOGUE
from harness.errors import Caution
from harness.faults.spec import FaultSpec, PlannedTicket, applies
from harness.faults.triggers.when import When
from harness.planning import capacity, plan
from harness.planning.capacity import Work
from harness.planning.reading.draft import Draft
from harness.planning.reading.nodes import printable
from harness.planning.recovery_time import recovery_s
from harness.planning.scenario import Expectation, Operand, Scenario, SystemBlock
from systems.desk.fault_mode import FaultMode

MARGIN_S = 5.0
"""A fault that is due so long after the load must have ended comes too late, also on a slow machine."""
MOST_PLANNED = 2000
"""So many tickets are planned: what a longer load takes on average is the same."""
UPPER, LOWER = ("==", "<=", "<"), ("==", ">=", ">")
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

Remark = tuple[str, str]
"""A path of the scenario, and what to say of it."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """A scenario with the systems that are to run, and what its tickets ask of them."""

    scenario: Scenario
    blocks: tuple[SystemBlock, ...]
    work: Work

    def labels(self, operand: Operand) -> list[str]:
        """Return the systems that a side of an expectation stands for."""
        return [block.label for block in self.blocks if operand.label in {None, block.label}]

    def faults_on(self, block: SystemBlock) -> list[tuple[int, FaultSpec]]:
        """Return the faults that a system can take, with their numbers."""
        faults = self.scenario.faults
        return [
            (number, fault)
            for number, fault in enumerate(faults, start=1)
            if applies(fault, faults, block.capabilities, block.label)
        ]


def cautions(draft: Draft, file: str, labels: Collection[str] = ()) -> tuple[Caution, ...]:
    """Return what to warn of, in the order of the file, if the systems `labels` (none: all) of a valid draft run."""
    scenario = draft.scenario
    blocks = tuple(block for block in scenario.systems if not labels or block.label in labels)
    ask = _Ask(scenario, blocks, capacity.work(_sample(scenario), scenario.desk.step_time))
    remarks = chain.from_iterable(check(ask) for check in CHECKS)
    return tuple(sorted({Caution(file, *draft.place_of(path), printable(text)) for path, text in remarks}))


def _sample(scenario: Scenario) -> Sequence[PlannedTicket]:
    """Plan the load, or of a long one a part."""
    listed = scenario.load.listed[:MOST_PLANNED]
    load = msgspec.structs.replace(scenario.load, tickets=listed or min(scenario.load.count, MOST_PLANNED))
    return plan.tickets(msgspec.structs.replace(scenario, load=load), scenario.seed)


# -- expectations


def _refusals(ask: _Ask) -> Iterator[Remark]:
    """Warn of a bound on lost tickets alone: a system that loses nothing may have refused everything."""
    for number, expected in enumerate(ask.scenario.expect, start=1):
        unbound = [label for label in ask.labels(expected.left) if not _is_bound_to_serve(ask, label)]
        if unbound and _is_nothing_lost(expected):
            whose = f"{expected.left.label}." if expected.left.label else ""
            what = f"{expected.text!r} also holds where every ticket is refused"
            bound = f'unserved, finished or rejected too, such as "{whose}unserved == 0"'
            yield f".expect[{number}]", f"{what}: expected a bound on {bound}; found none for {', '.join(unbound)}"


def _is_nothing_lost(expected: Expectation) -> bool:
    """Say whether an expectation of whole tickets comes to: none may be lost."""
    op, most = expected.op, expected.right
    if expected.left.metric != "lost" or isinstance(most, Operand):
        return False
    return (op in {"==", "<="} and 0 <= most < 1) or (op == "<" and 0 < most <= 1)


def _is_bound_to_serve(ask: _Ask, label: str) -> bool:
    """Say whether an expectation limits what a system leaves unserved."""
    return any(
        label in ask.labels(side) and ((side.metric in {"unserved", "rejected"} and op in UPPER) or _serves(side, op))
        for expected in ask.scenario.expect
        for side, op in _sides(expected)
    )


def _serves(side: Operand, op: str) -> bool:
    return side.metric == "finished" and op in LOWER


def _sides(expected: Expectation) -> Iterator[tuple[Operand, str]]:
    """Yield each figure of an expectation with the comparison as it reads from there."""
    yield expected.left, expected.op
    if isinstance(expected.right, Operand):
        yield expected.right, FLIPPED.get(expected.op, expected.op)


def _figures(ask: _Ask) -> Iterator[Remark]:
    """No figure of recovery says anything where no fault strikes."""
    spared = {block.label for block in ask.blocks if not ask.faults_on(block)}
    for number, expected in enumerate(ask.scenario.expect, start=1):
        for metric, labels in _of_recovery(ask, expected):
            if labels and spared.issuperset(labels):
                says = "is unknown for certain" if CATALOGUE[metric].family else "says nothing of recovery"
                where = f"on {', '.join(labels)}" if ask.scenario.faults else "in a scenario without faults"
                yield f".expect[{number}]", f"{metric} {says}: expected a fault to recover from, found none {where}"


def _of_recovery(ask: _Ask, expected: Expectation) -> Iterator[tuple[str, list[str]]]:
    """Yield the figures of recovery that an expectation names, each with the systems it is of."""
    for side, _ in _sides(expected):
        if CATALOGUE[side.metric].is_of_faults:
            yield side.metric, ask.labels(side)


# -- the load


def _saturation(ask: _Ask) -> Iterator[Remark]:
    """More tickets than threads can serve only measure their queue."""
    load = ask.scenario.load
    for block in ask.blocks if load.rate is not None else ():
        offered, served = load.rate or 0.0, capacity.served_at_most(block, ask.work)
        wait_s = capacity.last_wait_s(block, load, ask.work)
        if offered > served and wait_s:
            where = f"{capacity.threads(block)} threads and these steps serve at most {served:.2g}/s"
            queue = f"every time is a queue, the last ticket waits {_s(wait_s)}"
            lost = _given_up(ask, block, wait_s)
            place = ".load.tickets" if load.listed else ".load.arrival"
            yield place, f"{block.label}: offered {offered:.3g}/s where {where}: {queue}{lost}"


def _given_up(ask: _Ask, block: SystemBlock, wait_s: float) -> str:
    timeout = ask.scenario.load.timeout
    if not _waits_for_the_end(ask, block) or wait_s + ask.work.mean_s <= timeout:
        return ""
    return f", and clients give up on it after {_s(timeout)} (load.timeout)"


def _time_out(ask: _Ask) -> Iterator[Remark]:
    """Clients that wait for the end give up on a healthy ticket that takes longer than they wait."""
    timeout, longest_s = ask.scenario.load.timeout, ask.work.longest_s
    impatient = [block.label for block in ask.blocks if _waits_for_the_end(ask, block)]
    if impatient and timeout < longest_s:
        needed = f"at least the {_s(longest_s)} that the longest path takes in {', '.join(impatient)}"
        yield ".load.timeout", f"clients give up on healthy tickets: expected {needed}; found {_s(timeout)}"


def _waits_for_the_end(ask: _Ask, block: SystemBlock) -> bool:
    """Say whether a client of this system waits until the ticket ends, for its answer or to send the next one."""
    return capacity.acknowledges(block) == "done" or ask.scenario.load.arrival.concurrency is not None


# -- faults


def _late(ask: _Ask) -> Iterator[Remark]:
    """Warn of a fault that strikes when everything is over, and so misses."""
    missed: dict[int, dict[str, tuple[float, float]]] = {}
    for block in ask.blocks:
        for number, at_s, over_s in _after_the_end(ask, block):
            missed.setdefault(number, {}).setdefault(block.label, (at_s, over_s))
    for number, places in missed.items():
        first_s = min(at_s for at_s, _ in places.values())
        where = ", ".join(f"{label} at about {_s(over_s)}" for label, (_, over_s) in places.items())
        what = f"due {_s(first_s)} after the first submission, when the load has ended ({where})"
        yield f".faults[{number}].when", f"{what}: it will be missed"


def _after_the_end(ask: _Ask, block: SystemBlock) -> Iterator[tuple[int, float, float]]:
    """Yield each firing that comes too late on a system: the fault's number, its time, and when the load was over (s).

    What strikes before makes the load longer, by the recovery that it needs and a ticket's whole path.
    """
    desk = ask.scenario.desk
    over_s = capacity.load_ends_s(block, ask.scenario.load, ask.work)
    timed: list[tuple[float, int, FaultSpec]] = []
    for number, fault in ask.faults_on(block):
        moments = _moments(fault)
        timed += [(at_s, number, fault) for at_s in moments]
        over_s += 0.0 if moments else recovery_s(fault, block, desk) + ask.work.longest_s
    # In the order of time, as each fault that still strikes prolongs the load for those behind it.
    for at_s, number, fault in sorted(timed, key=itemgetter(0)):
        if at_s > over_s + MARGIN_S:
            yield number, at_s, over_s
        else:
            over_s = max(over_s, at_s + recovery_s(fault, block, desk) + ask.work.longest_s)


def _moments(fault: FaultSpec) -> list[float]:
    """Return the times (s after the first submission) at which a fault is due; none where it waits for something."""
    when = getattr(fault, "when", None)
    if not isinstance(when, When) or when.after is None or when.fault is not None:
        return []
    return [when.after + n * (when.every or 0.0) for n in range(when.times)]


def _cut(ask: _Ask) -> Iterator[Remark]:
    """Work that takes longer than the grace is cut off, as by a kill."""
    for number, fault in enumerate(ask.scenario.faults, start=1):
        grace_s = fault.grace_s()
        if grace_s is not None and fault.fault_mode() is FaultMode.TERM:
            needs = [
                (block.label, needed_s)
                for block in ask.blocks
                if (needed_s := ask.work.unbroken_s(capacity.thread_holds(block))) > grace_s
            ]
            if needs:
                where = ", ".join(f"{label} may need {_s(needed_s)}" for label, needed_s in needs)
                what = f"what is under way is cut off: {where} to finish it"
                yield f".faults[{number}].grace", f"{what}; found a grace of {_s(grace_s)}"


def _s(value: float) -> str:
    return f"{value:.3g} s"


CHECKS = (_refusals, _figures, _saturation, _time_out, _late, _cut)
