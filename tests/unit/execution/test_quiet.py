"""Quiet comes when orchestrations are closed too and the receiver has decided everything; asking is sparing."""

import asyncio
import time
from collections.abc import Collection
from types import SimpleNamespace
from typing import cast

import pytest

from harness.execution import quiet
from harness.execution.quiet import FIRST_ASKED, Quiet
from harness.execution.stage import LiveStage
from systems.desk.model import Priority, Ticket
from systems.system import Known

TICKETS = {number: Ticket(number, Priority.LOW) for number in range(1, 31)}


class World:
    """A stage whose tickets have all ended; an orchestration in `open` closes once it was asked about so often."""

    def __init__(self, open_for: dict[int, int], pending: int = 0) -> None:
        self.open_for = open_for
        self.pending = pending
        self.asked: list[list[int]] = []
        self.tickets = TICKETS
        self.acting: set[str] = set()
        self.last_undo = time.monotonic_ns()
        self.driver = SimpleNamespace(calls=0, last_answer=time.monotonic_ns())
        ended = dict.fromkeys(TICKETS, "resolved")
        self.watch = SimpleNamespace(terminal=ended, open_attempts=dict, open_requests=set)
        self.system = self
        self.is_gone = False
        self.standing: dict[str, frozenset[int]] = {}

    def is_engine_gone(self) -> bool:
        return self.is_gone

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        numbers = [ticket.number for ticket in tickets]
        self.asked.append(numbers)
        live = frozenset(n for n in numbers if self.open_for.get(n, 0) > 0)
        for number in live:
            self.open_for[number] -= 1
        return Known(live, **self.standing)

    async def pending_effects(self) -> int:
        self.pending -= 1
        return max(0, self.pending)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIESCENT_S", "ASK_EVERY_S", "ASK_CLOSED_EVERY_S", "LOOK_EVERY_S"):
        monkeypatch.setattr(quiet, name, 0.0)


def of(world: World) -> Quiet:
    return Quiet(cast("LiveStage", world))


def test_where_every_orchestration_is_closed_each_is_asked_about_once() -> None:
    world = World({})
    assert asyncio.run(of(world).wait(5))
    assert sorted(number for asked in world.asked for number in asked) == sorted(TICKETS)


def test_what_ended_last_is_asked_about_first_and_nothing_else_while_that_is_open() -> None:
    world = World({30: 2})
    assert asyncio.run(of(world).wait(5))
    last = list(range(30, 30 - FIRST_ASKED, -1))
    assert world.asked[:2] == [last, [30, *range(30 - FIRST_ASKED, 30 - 2 * FIRST_ASKED + 1, -1)]]
    assert all(number in {n for asked in world.asked for n in asked} for number in TICKETS)


def test_an_orchestration_that_stays_open_ends_at_the_deadline_and_is_named() -> None:
    world = World({2: 1_000_000})
    waiting = of(world)
    assert not asyncio.run(waiting.wait(0.05))
    assert asyncio.run(waiting.still_open(is_all=True)) == {2}


def test_an_engine_that_is_gone_for_good_is_not_asked() -> None:
    world = World({2: 1_000_000})
    world.is_gone = True
    assert asyncio.run(of(world).wait(5))
    assert world.asked == []


def test_an_effect_that_the_receiver_has_not_decided_is_waited_for() -> None:
    world = World({}, pending=3)
    assert asyncio.run(of(world).wait(5))
    assert world.pending == 0


def test_an_effect_that_is_never_decided_ends_at_the_deadline() -> None:
    assert not asyncio.run(of(World({}, pending=1_000_000)).wait(0.05))


def test_tickets_that_stand_still_for_good_are_not_waited_for() -> None:
    world = World({1: 1_000_000, 2: 1_000_000})
    for number in (1, 2):
        del world.watch.terminal[number]
    world.standing = {"wedged": frozenset({1}), "stalled": frozenset({2})}
    assert asyncio.run(of(world).wait(5))
    world.standing["mending"] = frozenset({1})  # the release that runs comes to it: it goes on when it is tried next
    assert not asyncio.run(of(world).wait(0.05))


def test_an_orchestration_that_stands_still_after_its_ticket_was_done_is_not_waited_for() -> None:
    world = World({2: 1_000_000})
    world.standing = {"wedged": frozenset({2})}
    assert asyncio.run(of(world).wait(5))
    assert asyncio.run(of(world).still_open(is_all=True)) == frozenset()


def test_what_stood_still_is_given_a_moment_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "QUIESCENT_S", 0.1)
    world = World({})
    assert asyncio.run(of(world).wait(5))
    assert time.monotonic_ns() >= world.last_undo + 100_000_000


def test_an_attempt_that_begins_while_the_system_is_asked_is_waited_for() -> None:
    world = World({})
    looks = iter([{}, {"a": {1}}, {"a": {1}}, {}, {}])
    world.watch.open_attempts = lambda: next(looks)
    assert asyncio.run(of(world).wait(5))
    assert list(looks) == []
