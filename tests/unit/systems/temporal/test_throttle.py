"""The engine's limit: its word is taken once it goes by what was asked, not while it still goes by what was before."""

import asyncio
from typing import Any, cast

import pytest
from temporalio.api.taskqueue.v1 import RateLimit
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from systems.system import Pace
from systems.temporal import throttle
from systems.temporal.throttle import is_in_force

ITS_OWN = 4000.0


class Engine:
    """Takes limits, and goes by one only after it was asked so often what holds."""

    namespace = "default"

    def __init__(self, late: int, away: int = 0, status: RPCStatusCode = RPCStatusCode.UNAVAILABLE) -> None:
        self.workflow_service = self
        self.late, self._away, self._status = late, away, status
        self._wish: float | None = None
        self._holds: float | None = None

    async def update_task_queue_config(self, request: Any) -> None:
        if self._away:
            self._away -= 1
            raise RPCError("away", self._status, b"")
        update = request.update_queue_rate_limit
        self._wish = update.rate_limit.requests_per_second if update.HasField("rate_limit") else None

    async def describe_task_queue(self, _: Any) -> DescribeTaskQueueResponse:
        if self.late:
            self.late -= 1
        else:
            self._holds = self._wish
        said = DescribeTaskQueueResponse()
        if self._holds is not None:
            said.config.queue_rate_limit.rate_limit.CopyFrom(RateLimit(requests_per_second=self._holds))
        said.effective_rate_limit.requests_per_second = ITS_OWN if self._holds is None else self._holds
        return said


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "ASK_EVERY_S", 0.0)


def said_of(engine: Engine, *rates: float | None) -> list[Pace]:
    """Set one limit after the other on one queue, and return what the engine said of each."""

    async def in_turn() -> list[Pace]:
        return [pace for rate in rates for pace in await throttle.throttle(cast("Client", engine), ["q"], rate)]

    return asyncio.run(in_turn())


@pytest.mark.parametrize("late", [0, 1, 7])
def test_it_is_asked_until_it_goes_by_the_limit(late: int) -> None:
    assert said_of(Engine(late), 3.0) == [Pace("q", 3.0, 3.0)]


def test_a_limit_that_is_lifted_is_waited_for_as_well() -> None:
    engine = Engine(0)
    assert said_of(engine, 3.0) == [Pace("q", 3.0, 3.0)]
    engine.late = 5
    assert said_of(engine, None) == [Pace("q", None, ITS_OWN)]


def test_one_that_never_goes_by_it_is_quoted_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "IN_FORCE_WITHIN_S", 0.0)
    assert said_of(Engine(1_000), 3.0) == [Pace("q", None, ITS_OWN)]


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.UNKNOWN])
def test_one_that_is_away_or_whose_connection_broke_is_asked_again(status: RPCStatusCode) -> None:
    assert said_of(Engine(0, away=3, status=status), 3.0) == [Pace("q", 3.0, 3.0)]


def test_what_it_refuses_is_not_asked_again() -> None:
    with pytest.raises(RPCError, match="away"):
        said_of(Engine(0, away=1, status=RPCStatusCode.INVALID_ARGUMENT), 3.0)


def test_half_the_bits_of_a_rate_are_the_same_rate() -> None:
    assert is_in_force(Pace("q", 0.30000001192, 0.30000001192), 0.3)
    assert not is_in_force(Pace("q", 0.3, ITS_OWN), 0.3)
    assert not is_in_force(Pace("q", None, ITS_OWN), 0.3)
    assert not is_in_force(Pace("q", 0.3, 0.3), None)
