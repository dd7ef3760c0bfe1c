"""What became of the faults and of the tickets that were lost, from a Result, as lines and tables."""

from collections import Counter
from collections.abc import Sequence

from harness.report.figures import ABSENT, seconds
from harness.report.printable import printable
from harness.result import FaultResult, Result, SystemResult
from systems.desk.model import ticket_id

FIRST_FEW = 8
CLASSES = {
    "lost": "lost",
    "wrong_outcome": "ended wrongly",
}
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
                    where = _where(label, number, system)
                    lines.append(f"{words} by {where}: {few(tickets)}")
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
    """Return a line for each fault that did not land where it was planned, with the reason."""
    return [
        f"fault {fault.index} {_unlanded(fault)} on {_where(label, number, system)}: {_reasons(fault)}"
        for label, system in result.systems.items()
        for number, repetition in enumerate(system.repetitions, start=1)
        for fault in repetition.faults
        if fault.missed or fault.preempted
    ]


def _faults(result: Result) -> dict[int, FaultResult]:
    found: dict[int, FaultResult] = {}
    for system in result.systems.values():
        for repetition in system.repetitions:
            for fault in repetition.faults:
                found.setdefault(fault.index, fault)
    return dict(sorted(found.items()))


def _name(fault: FaultResult) -> str:
    """Name a fault by its index, kind, own name, and where it stands and strikes."""
    name = f" {printable(fault.name, 40)}" if fault.name else ""
    line = f"line {fault.line}" if fault.line else ""
    place = ", ".join(part for part in (line, few(fault.tickets, 3)) if part)
    return f"{fault.index} {printable(fault.kind, 40)}{name}{f' ({place})' if place else ''}"


def _fate(index: int, system: SystemResult) -> str:
    """Say what became of a fault's instances over all repetitions of a system."""
    instances: Counter[str] = Counter()
    for repetition in system.repetitions:
        for fault in (one for one in repetition.faults if one.index == index):
            for field in ("planned", "landed", "missed", "preempted", "not_applicable", "exposed"):
                instances[field] += getattr(fault, field)
    if not instances:
        return ABSENT
    parts = [f"{instances['landed']} of {instances['planned']} landed{_lateness(index, system)}"]
    parts = parts if instances["planned"] else []
    for field, words in (("missed", "missed"), ("preempted", "preempted"), ("not_applicable", "n/a")):
        if instances[field]:
            parts.append(f"{instances[field]} {words}")
    parts.append(f"{instances['exposed']} exposed" if instances["landed"] else "")
    return ", ".join(part for part in parts if part)


def _lateness(index: int, system: SystemResult) -> str:
    """Say how far from its planned moment a timed fault struck, at most."""
    off = [
        abs(one.actual - one.planned)
        for repetition in system.repetitions
        for fault in repetition.faults
        if fault.index == index
        for one in fault.moments
    ]
    return f" ({seconds(max(off))} off time)" if off else ""


def _unlanded(fault: FaultResult) -> str:
    counts = ((fault.missed, "missed"), (fault.preempted, "was preempted"))
    return " and ".join(f"{words} ({count})" for count, words in counts if count)


def _reasons(fault: FaultResult) -> str:
    return "; ".join(printable(note) for note in fault.notes) or "no reason was recorded"


def _where(label: str, number: int, system: SystemResult) -> str:
    name = printable(label, 60)
    return name if len(system.repetitions) == 1 else f"{name} #{number}"


def few(tickets: Sequence[int], most: int = FIRST_FEW) -> str:
    """Return the first few tickets by name, and how many more there are."""
    shown = ", ".join(ticket_id(number) for number in tickets[:most])
    rest = len(tickets) - most
    return shown if rest <= 0 else f"{shown} and {rest} more"
