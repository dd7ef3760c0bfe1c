"""What became of the faults and of the tickets that were lost, from a Result, as lines and tables."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from harness.catalogue import CATALOGUE
from harness.report.text.figures import ABSENT, seconds
from harness.runfolder.result import FaultResult, Result, SystemResult
from harness.text import printable
from systems.desk.model import ticket_id

FIRST_TICKETS = 8
FIRST_INSTANCES = 3
UNLANDED = {"missed": "missed", "not_yet_due": "not yet due", "preempted": "preempted", "not_applicable": "n/a"}
"""What may become of an instance that did not land, in words."""
_NOTE = re.compile(r"(\d+\.\d+): (.*)", re.DOTALL)
"""An instance, and why it did not land."""
CLASSES = {metric.name: metric.noun.many for metric in CATALOGUE.values() if metric.is_named_by_ticket and metric.noun}
"""Classes of tickets whose numbers are worth a look into the record."""

Table = tuple[list[str], list[list[str]]]


def lost_tickets(result: Result) -> list[str]:
    """Return a line a class and system: `lost by sync: T-0004, T-0007 and 3 more`."""
    lines = []
    for name, words in CLASSES.items():
        for label, system in result.systems.items():
            for number, repetition in enumerate(system.repetitions, start=1):
                tickets = repetition.tickets.get(name, ())
                if tickets:
                    place = where(label, [number], len(system.repetitions))
                    lines.append(f"{words} by {place}: {first_tickets(tickets)}")
    return lines


def faults(result: Result) -> list[Table]:
    """Return the faults as a table, a row a fault with its fate in each system; none without faults."""
    known = _faults(result)
    if not known:
        return []
    heading = ["fault", *[printable(label, 60) for label in result.systems]]
    body = [
        [_name(fault), *[_fate(index, system) for system in result.systems.values()]] for index, fault in known.items()
    ]
    return [(heading, body)]


def missed(result: Result) -> list[str]:
    """Return a line for each fault and system where it did not land as planned, with the reasons."""
    lines = []
    for label, system in result.systems.items():
        unlanded: dict[int, dict[int, FaultResult]] = {}
        for number, repetition in enumerate(system.repetitions, start=1):
            for fault in (fault for fault in repetition.faults if fault.missed or fault.preempted or fault.not_yet_due):
                unlanded.setdefault(fault.index, {})[number] = fault
        for index, by_number in unlanded.items():
            place = where(label, list(by_number), len(system.repetitions))
            lines.append(f"fault {index} {_unlanded(by_number.values())} on {place}: {_reasons(by_number.values())}")
    return lines


def _faults(result: Result) -> dict[int, FaultResult]:
    by_index: dict[int, FaultResult] = {}
    for system in result.systems.values():
        for repetition in system.repetitions:
            for fault in repetition.faults:
                by_index.setdefault(fault.index, fault)
    return dict(sorted(by_index.items()))


def _name(fault: FaultResult) -> str:
    """Name a fault by its index, kind, own name, and where it stands and strikes."""
    name = f" {printable(fault.name, 40)}" if fault.name else ""
    line = f"line {fault.line}" if fault.line else ""
    place = ", ".join(part for part in (line, first_tickets(fault.tickets, 3)) if part)
    return f"{fault.index} {printable(fault.kind, 40)}{name}{f' ({place})' if place else ''}"


def _fate(index: int, system: SystemResult) -> str:
    """Say what became of a fault's instances over all repetitions of a system."""
    instances: Counter[str] = Counter()
    for repetition in system.repetitions:
        for fault in (fault for fault in repetition.faults if fault.index == index):
            for field in ("planned", "landed", "missed", "not_yet_due", "preempted", "not_applicable", "exposed"):
                instances[field] += getattr(fault, field)
    if not instances:
        return ABSENT
    parts = [f"{instances['landed']} of {instances['planned']} landed{_lateness(index, system)}"]
    parts = parts if instances["planned"] else []
    for field, words in UNLANDED.items():
        if instances[field]:
            parts.append(f"{instances[field]} {words}")
    parts.append(f"{instances['exposed']} exposed" if instances["landed"] else "")
    return ", ".join(part for part in parts if part)


def _lateness(index: int, system: SystemResult) -> str:
    """Say how far from its planned moment a timed fault struck, at most."""
    off = [
        abs(moment.actual - moment.planned)
        for repetition in system.repetitions
        for fault in repetition.faults
        if fault.index == index
        for moment in fault.moments
    ]
    return f" ({seconds(max(off))} from plan)" if off else ""


def _unlanded(faults: Collection[FaultResult]) -> str:
    counts = (
        (sum(fault.missed for fault in faults), "missed"),
        (sum(fault.not_yet_due for fault in faults), "not yet due"),
        (sum(fault.preempted for fault in faults), "was preempted"),
    )
    return " and ".join(f"{words} ({count})" for count, words in counts if count)


def _reasons(faults: Collection[FaultResult]) -> str:
    """Return every reason once, after the instances that it is the reason of."""
    instances: dict[str, list[str]] = {}
    for note in (note for fault in faults for note in fault.notes):
        match = _NOTE.fullmatch(note)
        of, why = (match[1], match[2]) if match else ("", note)
        instances.setdefault(printable(why), []).append(of)
    reasons = [f"{_summed(list(dict.fromkeys(filter(None, of))))}{why}" for why, of in instances.items()]
    return "; ".join(reasons) or "no reason was recorded"


def _summed(instances: Sequence[str]) -> str:
    """Return the first few instances, and how many more there are."""
    if not instances:
        return ""
    rest = len(instances) - FIRST_INSTANCES
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(instances[:FIRST_INSTANCES])}{more}: "


def where(label: str, numbers: Sequence[int], of: int) -> str:
    """Name some of a system's `of` repetitions: `sync`, `sync #2, #3`, or `sync (all 5 repetitions)`."""
    name = printable(label, 60)
    if of == 1:
        return name
    if len(numbers) == of:
        return f"{name} (all {of} repetitions)"
    return f"{name} {', '.join(f'#{number}' for number in numbers)}"


def first_tickets(tickets: Sequence[int], most: int = FIRST_TICKETS) -> str:
    """Return the first few tickets by name, and how many more there are."""
    shown = ", ".join(ticket_id(number) for number in tickets[:most])
    rest = len(tickets) - most
    return shown if rest <= 0 else f"{shown} and {rest} more"
