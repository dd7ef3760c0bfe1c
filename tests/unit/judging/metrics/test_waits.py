"""Spans in which tickets waited, in whole, of histories with a few attempts and answers each."""

import math
from collections.abc import Sequence

import pytest

from harness.history.model import Attempt, History, Process
from harness.history.run_records import Answered, Exited, LiveAtEnd, Phase, Signalled, Submitted
from harness.judging.evidence import Evidence
from harness.judging.metrics.waiting import Wait, completions, waits
from harness.planning.plan import Plan
from systems.desk.rows import AuditRow

NEVER = math.inf
Step = tuple[int, int]
"""A ticket, and when a step of it was completed."""


def waited(
    made: Plan,
    sent: Sequence[Step],
    done: Sequence[Step],
    ended: Sequence[int] = (),
    answered: Sequence[Step] = (),
    gave_up: dict[int, int] | None = None,
    processes: Sequence[Process] = (Process("w", "worker", 1, 0),),
    live: tuple[int, ...] = (),
) -> list[Wait]:
    """Return the spans; tickets that `ended` are resolved with their last step. Quiet is at 500."""
    history = History("sync", 1)
    history.submitted = [Submitted(0, at, ticket, 1, at) for ticket, at in sent]
    history.attempts = [
        Attempt(f"{ticket}.{at}", ticket, "close_ticket", 1, at - 1, proc="w", ended=at, result="resolved")
        for ticket, at in done
    ]
    last = dict(sorted(done, key=lambda step: step[1]))
    history.audit = [
        AuditRow(number, "tickets", str(ticket), 1, 2, 1, "w", last[ticket], "resolved")
        for number, ticket in enumerate(ended, start=1)
    ]
    history.answered = [Answered(0, at, ticket, 1, "info") for ticket, at in answered]
    history.gave_up = gave_up or {}
    history.processes = {process.proc: process for process in processes}
    history.phases = [Phase(0, 500, "quiet")]
    history.at_end = LiveAtEnd(0, 500, live, live, ())
    return waits(Evidence(made, history))


def test_spans_that_overlap_or_touch_are_one(made: Plan) -> None:
    sent = [(1, 10), (2, 15), (3, 30), (4, 50), (5, 60), (6, 80)]
    done = [(1, 20), (2, 30), (3, 40), (4, 65), (5, 62), (6, 90)]
    assert waited(made, sent, done, ended=(1, 2, 3, 4, 5, 6)) == [
        Wait(10, [20, 30, 40], 40, 0),
        Wait(50, [62, 65], 65, 0),
        Wait(80, [90], 90, 0),
    ]


def test_a_span_inside_another_ends_with_it(made: Plan) -> None:
    done = [(1, 40), (2, 20), (3, 70)]
    assert waited(made, [(1, 10), (2, 15), (3, 60)], done, ended=(1, 2, 3)) == [
        Wait(10, [20, 40], 40, 0),
        Wait(60, [70], 70, 0),
    ]


def test_a_step_of_a_canary_serves_nobody_who_waits(made: Plan) -> None:
    assert waited(made, [(1, 10)], [(-1, 20), (1, 40)], ended=(1,)) == [Wait(10, [40], 40, 0)]


def test_a_step_that_broke_serves_nobody(made: Plan) -> None:
    history = History("sync", 1)
    steps = [Attempt(f"{at}", 1, "close_ticket", 1, at - 1, proc="w", ended=at, result="done") for at in (20, 30, 50)]
    steps[1].result, steps[1].error = None, "transient"
    history.attempts = steps
    assert completions(Evidence(made, history)) == [steps[0], steps[2]]


def test_a_ticket_waits_until_its_client_gives_up_or_was_answered_last(made: Plan) -> None:
    sent, done = [(1, 10), (2, 11)], [(1, 30)]
    assert waited(made, sent, done, ended=(1,), answered=[(2, 60), (2, 90)]) == [Wait(10, [30], 90, 60)]
    assert waited(made, sent, done, ended=(1,), answered=[(2, 60)], gave_up={2: 70}) == [Wait(10, [30], 70, 40)]


def test_a_ticket_whose_client_left_before_its_last_step_waited_until_that(made: Plan) -> None:
    assert waited(made, [(1, 10)], [(1, 30), (1, 50)], gave_up={1: 40}) == [Wait(10, [30, 50], 50, 0)]


def test_a_ticket_of_which_nothing_was_heard_waits_for_nothing(made: Plan) -> None:
    assert waited(made, [(1, 10)], []) == [Wait(10, [], 10, 0)]


def test_who_waits_in_vain_waited_as_long_as_the_service_was_there(made: Plan) -> None:
    held = waited(made, [(1, 10)], [(1, 30)], live=(1,))
    assert held == [Wait(10, [30], 500, NEVER)]
    assert waited(made, [(1, 10)], [(1, 30)], gave_up={1: 80}) == [Wait(10, [30], 80, 50)]


def test_a_service_that_serves_another_ticket_later_came_back(made: Plan) -> None:
    nobody = [Process("w", "worker", 1, 0, exited=Exited(0, 40, "w", 1, None, 1.0, 1))]
    sent, done = [(1, 10), (2, 100)], [(1, 30), (2, 120)]
    assert waited(made, sent, done, ended=(2,), gave_up={1: 80}, processes=nobody) == [
        Wait(10, [30], 80, 50),
        Wait(100, [120], 120, 0),
    ]
    assert waited(made, sent[:1], done[:1], gave_up={1: 80}, processes=nobody) == [Wait(10, [30], 80, NEVER)]


def died(at: int, *signals: tuple[str, int], proc: str = "w", role: str = "worker", spawned: int = 0) -> Process:
    process = Process(proc, role, 1, spawned, exited=Exited(0, at, proc, None, "SIGKILL", 1.0, 1))
    process.signals = [Signalled(0, sent_at, proc, signal, "1.1") for signal, sent_at in signals]
    return process


@pytest.mark.parametrize(
    ("processes", "is_there"),
    [
        ([Process("w", "worker", 1, 0)], True),
        ([Process("w", "worker", 1, 80)], True),
        ([Process("w", "worker", 1, 81)], False),
        ([died(81)], True),
        ([died(80)], False),
        ([died(99, ("SIGSTOP", 20), ("SIGCONT", 30))], True),
        ([died(99, ("SIGSTOP", 20), ("SIGKILL", 80))], False),
        ([died(99, ("SIGKILL", 81))], True),
        ([], False),
        ([Process("w", "worker", 1, 0), Process("e", "engine", 1, 0)], True),
        ([Process("w", "worker", 1, 0), died(70, proc="e", role="engine")], False),
        ([Process("w", "worker", 1, 0), died(70, proc="e", role="engine"), Process("f", "engine", 2, 75)], True),
        ([Process("w", "worker", 1, 0), died(70, proc="r", role="receiver")], True),
        ([Process("e", "engine", 1, 0)], False),
    ],
)
def test_a_service_is_there_while_a_worker_lives_and_an_engine_where_there_is_one(
    made: Plan, processes: list[Process], *, is_there: bool
) -> None:
    (span,) = waited(made, [(1, 10)], [(1, 30)], gave_up={1: 80}, processes=processes)
    assert span.tail == (50 if is_there else NEVER)
