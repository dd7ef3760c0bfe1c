"""A system whose calls never come back is named, and the run goes on or ends."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from harness.errors import EnvironmentFailure
from harness.execution.deadlines import PunctualSystem
from systems.desk.model import Priority, Ticket
from systems.system import Answer, Known, System

TICKET = Ticket(1, Priority.LOW)
Call = Callable[[System], Coroutine[Any, Any, object]]
CALLS: dict[str, Call] = {
    "start": lambda system: system.start(),
    "wait_until_ready": lambda system: system.wait_until_ready(),
    "ticket_status": lambda system: system.ticket_status([TICKET]),
    "residents": lambda system: system.residents([TICKET]),
    "pause": lambda system: system.pause(TICKET),
    "resume": lambda system: system.resume(TICKET),
    "paused": lambda system: system.paused([TICKET]),
    "close": lambda system: system.close(),
}


class Scripted:
    """Answers every call with `answer`: an exception is raised, None never comes."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __getattr__(self, _: str) -> Callable[..., Coroutine[Any, Any, object]]:
        async def call(*_: object) -> object:
            if self.answer is None:
                await asyncio.Event().wait()
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call


def punctual(answer: object) -> PunctualSystem:
    return PunctualSystem(cast("System", Scripted(answer)), "one", 0.02, 0.02, 0.02)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_never_comes_back_ends_the_run_and_is_named(name: str) -> None:
    with pytest.raises(EnvironmentFailure, match=rf"^one: its {name}\(\) did not come back within 0.02 s$"):
        asyncio.run(CALLS[name](punctual(None)))


def test_a_submission_that_never_comes_back_is_not_known() -> None:
    assert asyncio.run(punctual(None).submit(TICKET, 0.01, 1)).outcome == "info"


def test_what_comes_in_time_is_handed_on() -> None:
    known, answer = Known(frozenset({1})), Answer("ok")
    assert asyncio.run(punctual(known).ticket_status([TICKET])) is known
    assert asyncio.run(punctual(answer).submit(TICKET, 1, 1)) is answer


def test_a_time_out_of_the_systems_own_stays_its_own() -> None:
    for call in (punctual(TimeoutError("its own")).submit(TICKET, 9, 1), punctual(TimeoutError("its own")).start()):
        with pytest.raises(TimeoutError, match="its own"):
            asyncio.run(call)


def test_an_export_has_its_callers_deadline(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="its own"):
        asyncio.run(punctual(RuntimeError("its own")).export(tmp_path, [TICKET]))
