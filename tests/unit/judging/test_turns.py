"""A closed loop of two slots, to the nanosecond: when a slot is free, and who was sent too early or too late."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.history.model import History
from harness.history.run_records import Answered, Phase, Submitted
from harness.judging.checks.turns import out_of_turn
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk.rows import AuditRow
from tests.support import histories

BEGAN, SECOND = 10_000_000_000, 1_000_000_000
TWO_SLOTS = histories.SCENARIO.replace("rate: 100/s", "concurrency: 2").replace("tickets: 4", "tickets: 4, timeout: 2s")
TOO_EARLY = "T-0001 was sent while 2 others were under way: more than 2 at once"


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.planned(tmp_path, TWO_SLOTS)


def loop(sent: Mapping[int, int], *, phase: str = "quiet") -> History:
    """Send tickets at these moments, in ns after the load began; nothing is said of what became of them."""
    history = History("sync", 1)
    history.phases = [Phase(0, BEGAN + 60 * SECOND, phase)]
    history.submitted = [Submitted(0, BEGAN + at, ticket, 1, BEGAN + at) for ticket, at in sent.items()]
    return history


def third_at(at: int, outcomes: tuple[str, ...], done: int | None, end: int | None, *, phase: str = "quiet") -> History:
    """Send ticket 1 as the third, after 2, which goes on for ever, and 3, of which this is known."""
    history = loop({1: at, 2: 0, 3: 0}, phase=phase)
    if done is not None:
        history.gave_up[3] = BEGAN + done
    history.answered = [Answered(0, BEGAN + 1, 3, n, outcome) for n, outcome in enumerate(outcomes, start=1)]
    if end is not None:
        history.audit = [AuditRow(1, "tickets", "3", 1, 2, 1, "w", BEGAN + end, "resolved", "")]
    return history


def test_a_slot_is_not_free_before_its_client_is_done(made: Plan) -> None:
    history = third_at(30 * SECOND, ("ok",), None, 500)
    assert list(out_of_turn(Evidence(made, history))) == [TOO_EARLY]


@pytest.mark.parametrize(
    ("outcomes", "done", "end", "free"),
    [
        (("ok",), 100, 500, 500),
        (("ok",), 600, 500, 600),
        (("ok",), 100, 3 * SECOND, 2 * SECOND + 100),
        (("ok",), 100, None, 2 * SECOND + 100),
        (("info", "ok"), 100, 500, 500),
        (("info",), 100, 500, 100),
        ((), 100, 500, 100),
    ],
)
def test_a_slot_is_free_at_the_end_of_its_ticket_and_a_time_out_after_its_client_at_the_latest(
    made: Plan, outcomes: tuple[str, ...], done: int, end: int | None, free: int
) -> None:
    told = {
        at: list(out_of_turn(Evidence(made, third_at(at, outcomes, done, end))))
        for at in (free - 1, free, free + SECOND, free + SECOND + 1000)
    }
    assert told == {
        free - 1: [TOO_EARLY],
        free: [],
        free + SECOND: [],
        free + SECOND + 1000: ["T-0001 was sent 1.00 s after a slot was free"],
    }


def test_the_first_round_is_sent_as_soon_as_the_load_begins(made: Plan) -> None:
    history = loop({1: 0, 2: 1_500_000_000})
    assert list(out_of_turn(Evidence(made, history))) == ["T-0002 was sent 1.50 s after a slot was free"]


def test_a_run_that_ended_early_keeps_no_turns(made: Plan) -> None:
    early = third_at(50, ("ok",), 100, 500, phase="interrupted")
    assert list(out_of_turn(Evidence(made, early))) == []


def test_only_a_closed_loop_has_turns(tmp_path: Path) -> None:
    assert list(out_of_turn(Evidence(histories.plan(tmp_path), third_at(50, ("ok",), 100, 500)))) == []
