"""What is done by hand in one column, between the order and what comes of it."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.faults.spec import PlannedTicket
from harness.live.board import Board
from harness.live.column import LiveColumn
from harness.live.controls import Controls, NotDone
from harness.live.hand import OpenPause
from harness.live.orders import NextStep
from systems.desk.model import Step
from tests.unit.live.test_board import planned


class Column:
    """A column whose tasks have not begun yet."""

    label = "one"

    def __init__(self) -> None:
        self.board = Board(resumes=False, files="journal")
        self.stage = SimpleNamespace(tickets={}, driver=None, is_engine_gone=lambda: False)
        self.pauses: dict[int, OpenPause] = {}
        self.tasks: list[Any] = []

    def show(self, ticket: PlannedTicket, _seed: int, at: int) -> None:
        self.board.sent(ticket, "Ada", "site is down", at)

    def spawn(self, task: Any) -> None:
        task.close()
        self.tasks.append(task)


def test_a_ticket_that_is_sent_is_lost_at_no_moment() -> None:
    column = Column()
    controls = Controls(cast("LiveColumn", column))
    controls.submit(planned(1), seed=1)
    assert (len(column.tasks), column.board.tally()["lost"], column.board.tally()["open"]) == (1, 0, 1)
    column.board.client(1, -1, time.monotonic_ns(), "info")
    assert column.board.tally()["lost"] == 1
    controls.send_again(1)
    assert (len(column.tasks), column.board.tally()["lost"]) == (2, 0)


def test_the_next_step_is_the_first_that_has_not_begun_and_fits() -> None:
    column = Column()
    controls = Controls(cast("LiveColumn", column))
    controls.submit(planned(1), seed=1)
    assert controls.next_step(1, lambda _: True) == NextStep(1, Step.ASSIGN_AGENT, 1)
    assert controls.next_step(1, lambda at: at.step is not Step.ASSIGN_AGENT) == NextStep(1, Step.AGENT_INVESTIGATE, 1)
    with pytest.raises(NotDone, match="T-0001 has no agent before it any more"):
        controls.next_step(1, lambda _: False, "agent")


def test_a_ticket_that_is_about_to_be_paused_is_not_paused_again() -> None:
    column = Column()
    controls = Controls(cast("LiveColumn", column))
    controls.submit(planned(1), seed=1)
    assert controls.unpaused(1).id == "T-0001"
    controls.expect(OpenPause("1.1", {1}))
    with pytest.raises(NotDone, match="T-0001 is asked to stand still in one already"):
        controls.unpaused(1)
