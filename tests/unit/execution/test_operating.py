"""An operator asks tickets to stand still, also one that its system has not heard of yet."""

import asyncio
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.execution.load import Driver
from harness.execution.staging import operating
from harness.execution.staging.operating import LiveOperator
from harness.execution.watch import Watch
from systems.desk.live.journal import Journal
from systems.desk.model import Priority, Ticket
from systems.system import System


class Engine:
    """A system that hears of a ticket after so many questions, and of its answer as it is asked the first time."""

    def __init__(self, deaf_for: int, calls: Counter[int]) -> None:
        self.deaf_for, self.calls, self.asked = deaf_for, calls, 0

    async def pause(self, ticket: Ticket) -> bool:
        self.asked += 1
        if self.asked > self.deaf_for - 1:
            self.calls.pop(ticket.number, None)  # its start comes through as this question is on its way
        return self.asked > self.deaf_for


def asked(folder: Path, deaf_for: int, *on_their_way: int) -> tuple[list[int], int]:
    calls = Counter(on_their_way)
    engine, driver = Engine(deaf_for, calls), SimpleNamespace(calls=calls)
    operator = LiveOperator(
        cast("System", engine),
        cast("Watch", SimpleNamespace(terminal={})),
        cast("Driver", driver),
        Journal(folder / "harness.jsonl"),
        {1: Ticket(1, Priority.LOW)},
        lambda: False,
    )
    return list(asyncio.run(operator.pause("1.1", [1, 2]))), engine.asked


@pytest.mark.parametrize("deaf_for", [0, 1, 3])
def test_a_ticket_that_was_just_sent_is_asked_until_its_system_knows_it(tmp_path: Path, deaf_for: int) -> None:
    assert asked(tmp_path, deaf_for, 1) == ([1], deaf_for + 1)


def test_one_whose_client_has_its_answer_is_asked_once(tmp_path: Path) -> None:
    assert asked(tmp_path, 9) == ([], 1)


def test_one_that_its_system_never_hears_of_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operating, "ON_ITS_WAY_S", 0.1)
    taken, times = asked(tmp_path, 1000, 1)
    assert taken == []
    assert 1 < times < 100
