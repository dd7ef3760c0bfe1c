"""The load's driver breaks: what it sends is not what was planned, or it writes down what it was not answered."""

import asyncio
from typing import Any

import msgspec

from harness.execution.load import Driver
from harness.faults.spec import PlannedTicket
from systems.desk.model import Priority, Ticket
from systems.system import Answer
from tests.broken.harness.broken_part import FAILED, UNKNOWN, BrokenPart, put
from tests.broken.harness.loads import CLOSED, RESUBMITTED

HIT = 3
Planned = tuple[PlannedTicket, ...]
_drive, _serve, _submit = Driver.drive, Driver.serve, Driver.submit
_wait_for_turn, _as_it_arrives = Driver._wait_for_turn, Driver._as_it_arrives  # noqa: SLF001 - broken on purpose


def drops_a_ticket() -> None:
    async def drive(self: Driver, tickets: Planned) -> None:
        await _drive(self, tuple(ticket for ticket in tickets if ticket.number != HIT))

    put(Driver, "drive", drive)


def sends_one_twice() -> None:
    async def submit(self: Driver, ticket: Ticket, submission: int, due: int) -> Answer:
        if ticket.number == HIT:
            await _submit(self, ticket, submission, due)
        return await _submit(self, ticket, submission, due)

    put(Driver, "submit", submit)


def is_late() -> None:
    async def wait_for_turn(self: Driver, planned: PlannedTicket, slots: asyncio.Semaphore) -> None:
        await _wait_for_turn(self, planned, slots)
        await asyncio.sleep(1.5 if planned.number == HIT else 0)

    put(Driver, "_wait_for_turn", wait_for_turn)


def has_another_pace() -> None:
    async def drive(self: Driver, tickets: Planned) -> None:
        slower = (msgspec.structs.replace(ticket, arrival_s=2 * (ticket.arrival_s or 0)) for ticket in tickets)
        await _drive(self, tuple(slower))

    put(Driver, "drive", drive)


def has_another_priority() -> None:
    async def drive(self: Driver, tickets: Planned) -> None:
        others = {"low": "high", "high": "low"}
        hit = (others[ticket.priority] if ticket.number == HIT else ticket.priority for ticket in tickets)
        changed = (msgspec.structs.replace(t, priority=priority) for t, priority in zip(tickets, hit, strict=True))
        await _drive(self, tuple(changed))

    put(Driver, "drive", drive)


def ignores_the_concurrency() -> None:
    async def wait_for_turn(self: Driver, planned: PlannedTicket, slots: asyncio.Semaphore) -> None:
        """Take no slot."""

    put(Driver, "_wait_for_turn", wait_for_turn)


def leaves_slots_empty() -> None:
    async def wait_for_turn(self: Driver, planned: PlannedTicket, slots: asyncio.Semaphore) -> None:
        await _wait_for_turn(self, planned, slots)
        await asyncio.sleep(1.5 if planned.number == HIT else 0)

    put(Driver, "_wait_for_turn", wait_for_turn)


def never_resubmits() -> None:
    async def drive(self: Driver, tickets: Planned) -> None:
        put(self, "resubmit", msgspec.structs.replace(self.resubmit, attempts=0))
        await _drive(self, tickets)

    put(Driver, "drive", drive)


def resubmits_what_was_answered() -> None:
    async def serve(self: Driver, planned: PlannedTicket, slots: asyncio.Semaphore) -> None:
        await _serve(self, planned, slots)
        if planned.number == HIT:
            ticket = Ticket(planned.number, Priority(planned.priority))
            await _submit(self, ticket, 2, self.first)

    put(Driver, "serve", serve)


def misreports_an_answer() -> None:
    def as_it_arrives(self: Driver, ticket: Ticket, submission: int, answer: Answer) -> Answer:
        arrived = _as_it_arrives(self, ticket, submission, answer)
        return (
            msgspec.structs.replace(arrived, outcome="fail", accepted=False, state="")
            if ticket.number == HIT
            else arrived
        )

    put(Driver, "_as_it_arrives", as_it_arrives)


def _followed(what: str, plant: Any, says: str, load: str | None = None) -> BrokenPart:
    part = BrokenPart(f"the driver {what}", plant, UNKNOWN, {"plan_followed": "unknown"}, says)
    return part if load is None else msgspec.structs.replace(part, load=load)


PARTS = (
    _followed("drops a ticket", drops_a_ticket, "never submitted"),
    _followed("sends a ticket twice", sends_one_twice, "2 times"),
    _followed("is late", is_late, "after its planned time"),
    _followed("has another pace", has_another_pace, "planned"),
    BrokenPart(
        "the driver sends a ticket in another priority",
        has_another_priority,
        FAILED,
        {"plan_followed": "unknown"},
        "priority",
    ),
    _followed("ignores the concurrency", ignores_the_concurrency, "at once", CLOSED),
    _followed("leaves slots empty", leaves_slots_empty, "slot", CLOSED),
    _followed("never resubmits", never_resubmits, "resubmi", RESUBMITTED),
    _followed("resubmits what was answered", resubmits_what_was_answered, "resubmi"),
    BrokenPart(
        "the driver writes down another answer",
        misreports_an_answer,
        FAILED,
        {"conservation": "invalid"},
        "definitely refused",
    ),
)
