"""Which tickets a fault takes: all that it can, a seeded share of them, or a list."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from harness.faults.spec import PlannedTicket
from systems.desk.model import Step
from systems.desk.outcomes import draw
from systems.desk.units import Positive, Share, meaning


class TicketShare(msgspec.Struct, frozen=True):
    """A seeded share of the tickets that the fault can take, rounded to the nearest, at least one."""

    share: Annotated[Share, meaning("a seeded share of the tickets that the fault can take, at least one")]


Tickets = Literal["all"] | TicketShare | tuple[Positive, ...]


def tickets_reaching(tickets: Sequence[PlannedTicket], step: Step, visit: int = 1) -> list[PlannedTicket]:
    """Return the tickets whose oracle path has this visit of the step, by arrival."""
    return [t for t in tickets if any(p.step == step and p.visit == visit for p in t.oracle.path)]


def select_tickets(tickets: Tickets, among: Sequence[PlannedTicket], seed: int, fault: int) -> list[PlannedTicket]:
    """Choose by arrival order from those that the fault, the `fault`-th of its scenario, can take.

    A ticket's lot hangs on the seed and its own number alone: a share that grows keeps the tickets that it had.
    """
    if isinstance(tickets, tuple):
        return [ticket for ticket in among if ticket.number in tickets]
    if isinstance(tickets, TicketShare):
        count = max(1, round(tickets.share * len(among)))
        by_lot = sorted(among, key=lambda ticket: draw(seed, ticket.number, f"share/{fault}"))
        return sorted(by_lot[:count], key=lambda ticket: ticket.number)
    return list(among)


def validate_step(
    tickets: Tickets, step: Step, planned: Sequence[PlannedTicket], visit: int = 1
) -> list[tuple[str, str]]:
    """Return what the plan makes impossible for a fault that strikes this visit of `step` of `tickets`."""
    able = {ticket.number for ticket in tickets_reaching(planned, step, visit)}
    if not able:
        return [("step", f"expected a step that some planned ticket passes, found {step}, which none does")]
    unplanned = validate_numbers(tickets, planned)
    listed = tickets if isinstance(tickets, tuple) else ()
    if listed and able.isdisjoint(listed) and len(unplanned) < len(listed):
        numbers = ", ".join(map(str, listed))
        passes = f"passes {step}" if visit == 1 else f"comes to {step} {visit} times"
        return [*unplanned, ("tickets", f"tickets: expected at least one that {passes}, found none in {numbers}")]
    return unplanned


def validate_numbers(tickets: Tickets, planned: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
    """Return which listed tickets are not planned at all, each at its place in the list."""
    listed = tickets if isinstance(tickets, tuple) else ()
    return [
        (f"tickets[{at}]", f"tickets: expected numbers from 1 to {len(planned)}, as many are planned; found {number}")
        for at, number in enumerate(listed)
        if number > len(planned)
    ]


def validate_tickets(tickets: Tickets) -> list[tuple[str, str]]:
    """Refuse an empty list."""
    return [("tickets", "tickets: expected at least one ticket, found none")] if tickets == () else []
