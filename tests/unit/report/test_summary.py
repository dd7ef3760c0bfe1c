"""The summary of a suite: a row a system, with its own verdict and what says most."""

from typing import Any

from harness.report.formats.summary import headline, render, verdict_of
from harness.runfolder.result import CheckResult, Judged, SystemResult
from tests.support.results import expectation, fault, repetition, result


def system(**metrics: Any) -> SystemResult:
    return SystemResult({}, (repetition(metrics),))


def test_the_worst_comes_first_and_nothing_to_tell_is_told() -> None:
    assert headline(system(submitted=9, lost=2, effects_duplicated=1)) == "2 lost, 1 message sent again"
    assert headline(system(submitted=9, failed=3, failed_as_expected=1)) == "2 handed to people"
    assert headline(system(submitted=9, resume_p50=0.5)) == "all 9 as they should be, work went on after 0.50 s"
    assert headline(system(submitted=9, cpu_per_ticket=0.31)) == "all 9 as they should be, 0.31 s of CPU each"
    assert headline(SystemResult({}, ())) == "was not run"


def test_where_nothing_was_seen_nothing_good_is_said() -> None:
    nothing = {"submitted": 0, "lost": 0, "finished": 0, "failed": 0}
    assert headline(system(**nothing)) == "was sent no tickets"
    idle = repetition({"submitted": 9, "lost": 0}, took_up=False)
    assert headline(SystemResult({}, (repetition({"submitted": 9}), idle))) == "took nothing up, which proves nothing"
    assert headline(SystemResult({}, (repetition({}, absent={"failed": "no ledger"}),))) == "nothing is known"
    assert headline(SystemResult({}, (repetition({"submitted": 9, "lost": 9}, took_up=False),))) == "9 lost"


def test_where_the_engine_died_the_time_without_progress_is_told() -> None:
    faults = (fault(kind="engine_kill", landed=1),)
    died = SystemResult({}, (repetition({"submitted": 9, "unavailable": 1.84, "cpu_per_ticket": 0.3}, faults=faults),))
    assert headline(died) == "all 9 as they should be, nothing moved for 1.8 s"
    assert headline(system(submitted=9, unavailable=1.84)) == "all 9 as they should be"


def test_a_client_that_knows_nothing_of_a_ticket_that_was_done_is_told() -> None:
    assert headline(system(submitted=8, indeterminate=2)) == "2 client outcomes unknown"
    assert headline(system(submitted=8, lost=3, lost_unacknowledged=3, indeterminate=4)) == (
        "3 lost, 4 client outcomes unknown"
    )


def test_an_agent_given_twice_is_counted_once() -> None:
    def races(doubles: int, lost: int, both: int) -> SystemResult:
        figures = {"submitted": 6, "double_assignments": doubles, "lost_updates": lost}
        return SystemResult({}, (repetition(figures, counted_twice={"lost_updates": both}),))

    assert headline(races(2, 2, 2)) == "2 agents given twice"
    assert headline(races(1, 3, 1)) == "1 agent given twice, 2 other updates lost"
    assert headline(races(1, 2, 0)) == "1 agent given twice, 2 updates lost"
    assert headline(system(submitted=6, lost_updates=1)) == "1 update lost"


def test_messages_due_and_never_sent_are_told() -> None:
    assert headline(system(submitted=9, lost=2, effects_missing=0, effects_unsent=7)) == "2 lost, 7 messages never sent"


def test_tickets_under_way_when_a_run_was_ended_are_not_judged() -> None:
    cut = SystemResult({}, (repetition({"submitted": 61}, whole=False, tickets={"under_way": tuple(range(45))}),))
    assert headline(cut) == "45 of 61 under way at the end, not judged"


def test_the_times_of_an_overloaded_system_are_said_to_be_a_queue() -> None:
    busy = repetition({"submitted": 9}, checks=(CheckResult("headroom", "overloaded", "host CPU 97 %"),))
    assert headline(SystemResult({}, (busy,))) == "all 9 as they should be, overloaded: its times measure the queue"


def test_clients_of_lost_tickets_alone_are_not_told_twice() -> None:
    assert headline(system(submitted=8, lost=3, lost_unacknowledged=3, indeterminate=3)) == "3 lost"


def test_a_system_has_the_worst_verdict_that_was_judged_of_it() -> None:
    judged = (
        Judged("a", 1, 0, "==", 0, "pass"),
        Judged("b", 1, 1, "==", 0, "fail"),
        Judged("a", 2, None, "==", 0, "unknown"),
    )
    one = result(expectations=(expectation("lost == 0", "fail", *judged),))
    assert [verdict_of(one, label) for label in ("a", "b", "c")] == ["unknown", "fail", "–"]


def test_a_scenario_is_named_once_and_every_system_has_a_row() -> None:
    lines = render([result(), result()]).splitlines()
    assert [line.startswith("worker-kill") for line in lines[2:]] == [True, False, True, False]
