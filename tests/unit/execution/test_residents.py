"""Who has orchestrations resident is asked sparingly, ahead where it can be, and believed only while it is fresh."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, cast

import pytest

from harness.execution import residents
from harness.execution.residents import FIRST_ASKED, Homes, Residents
from systems.desk.model import Priority, Ticket
from systems.system import System

TICKETS = [Ticket(number, Priority.LOW) for number in range(1, 21)]
LAST = [ticket.number for ticket in TICKETS[-FIRST_ASKED:]]


class Engine:
    """Answers from `homes`, and keeps what it was asked about."""

    def __init__(self, homes: dict[str, set[int]]) -> None:
        self.homes = homes
        self.asked: list[list[int]] = []
        self.is_away = False

    async def residents(self, tickets: Collection[Ticket]) -> Homes:
        numbers = [ticket.number for ticket in tickets]
        self.asked.append(numbers)
        if self.is_away:
            raise ConnectionError("away")
        return {proc: frozenset(mine & set(numbers)) for proc, mine in self.homes.items()}


def asking(engine: Engine, *workers: str, tickets: list[Ticket] | None = None) -> Residents:
    return Residents(cast("System", engine), lambda: TICKETS if tickets is None else tickets, lambda: workers)


def ran(work: Coroutine[Any, Any, list[str]]) -> list[str]:
    return asyncio.run(work)


def test_only_the_few_that_arrived_last_are_asked_about_where_they_tell() -> None:
    engine = Engine({"b": {20}, "a": {1, 19}})
    assert ran(asking(engine, "a", "b").find()) == ["a", "b"]
    assert engine.asked == [LAST]


def test_all_others_are_asked_about_where_the_few_live_in_nobody_who_is_alive() -> None:
    engine = Engine({"dead": {20}, "a": {1}})
    assert ran(asking(engine, "a").find()) == ["a"]
    assert engine.asked == [LAST, [ticket.number for ticket in TICKETS[:-FIRST_ASKED]]]


def test_nobody_is_found_and_nothing_asked_where_no_ticket_is_under_way() -> None:
    engine = Engine({"a": {1}})
    assert ran(asking(engine, "a", tickets=[]).find()) == []
    assert engine.asked == []


async def prefetched(one: Residents) -> list[str]:
    one.prefetch()
    await asyncio.sleep(0)
    return await one.find()


def test_what_was_prefetched_is_not_asked_again() -> None:
    engine = Engine({"a": {20}})
    assert ran(prefetched(asking(engine, "a"))) == ["a"]
    assert engine.asked == [LAST]


def test_a_ticket_that_ended_since_it_was_asked_about_makes_nobody_a_host() -> None:
    engine, tickets = Engine({"a": {20}, "b": {3}}), list(TICKETS)

    async def story() -> list[str]:
        one = asking(engine, "a", "b", tickets=tickets)
        one.prefetch()
        await asyncio.sleep(0)
        del tickets[-1]
        return await one.find()

    assert ran(story()) == ["b"]


def test_an_old_answer_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residents, "FRESH_S", 0.0)
    engine = Engine({"a": {20}})
    assert ran(prefetched(asking(engine, "a"))) == ["a"]
    assert engine.asked == [LAST, LAST]


def test_an_engine_that_was_away_when_asked_ahead_is_asked_again() -> None:
    engine = Engine({"a": {20}})

    async def story() -> list[str]:
        one = asking(engine, "a")
        engine.is_away = True
        one.prefetch()
        await asyncio.sleep(0)
        engine.is_away = False
        return await one.find()

    assert ran(story()) == ["a"]
