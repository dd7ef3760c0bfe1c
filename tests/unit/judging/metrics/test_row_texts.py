"""What the rows of a figure say, word for word, against literal histories."""

from pathlib import Path

import pytest

from harness.explaining.breakdown import unfold
from harness.faults.spec import Attestation
from harness.history.run_records import Phase, Sample
from harness.judging.evidence import Evidence
from harness.judging.metrics.measure import why_open
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import A, B, amended, ns
from tests.unit.judging.metrics.unfolding import evidence, texts

STRUCK_AND_KILLED = """\
faults:
  - {kind: activity_failure, step: search_knowledge_base, tickets: [1], error: hang, duration: 1s}
  - {kind: worker_kill, when: {after: 26ms}, target: all}
"""
BROKEN = f"T-0001 search_knowledge_base #1 in {A}"


def test_a_step_that_two_faults_broke_open_is_one_row_that_names_both(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, STRUCK_AND_KILLED)
    history = histories.healthy(made)
    (search,) = histories.tries(history, 1, "search_knowledge_base")
    histories.strike(history, search, "1.1", "hang")
    histories.kill(history, 26, "2.1")
    search.ended = search.error = None
    assert [one.fault.id for one in evidence(made, history).exposures] == ["1.1", "2.1"]
    assert texts(made, history, "interrupted") == [f"{BROKEN}: open when faults 1.1, 2.1 landed"]
    assert texts(made, history, "unresumed") == [f"{BROKEN}: not attempted again after faults 1.1, 2.1"]
    assert texts(made, history, "resume_max") == [
        f"{BROKEN}: never after fault 1.1",
        f"{BROKEN}: never after fault 2.1, rank 2 of 2",
    ]
    assert texts(made, history, "exposed")[0].startswith("T-0001 hit by faults 1.1, 2.1, did not end")


def test_a_step_that_only_its_ticket_went_beyond_is_a_row_of_unresumed(kill_plan: Plan) -> None:
    history = histories.healthy(kill_plan)
    histories.kill(history)
    histories.carry_on(kill_plan, history, 1, "notify_customer", 45)
    beyond = f"{BROKEN}: not attempted again after fault 1.1; its ticket went on with a later step"
    assert texts(kill_plan, history, "unresumed") == [beyond]
    assert texts(kill_plan, history, "resume_max") == [f"{BROKEN}: 0.02 s after fault 1.1, rank 1 of 1"]


def test_a_gap_before_which_nobody_waited_is_measured_from_the_submission_that_opens_it(made: Plan) -> None:
    history = histories.healthy(made)
    for number in (2, 3, 4):
        histories.cut(history, number, -9000)
    history.submitted = [one for one in history.submitted if one.ticket in {-1, -2, -3, 1}]
    histories.submit(history, 4, at=500)
    one, path = histories.rest_of(made, 4, "send_auto_response")
    histories.walk(history, one, path, A, 530)
    histories.in_order(history)
    first, second, *_ = texts(made, history, "unavailable")
    assert first == f"T-0004 send_auto_response #1 in {A}: completed at 0.537 s, 0.038 s after T-0004 was sent"
    assert second == f"T-0001 send_auto_response #1 in {A}: completed at 0.017 s, 0.017 s after T-0001 was sent"


def test_what_was_undone_is_told_in_seconds_after_the_first_submission(kill_plan: Plan) -> None:
    assert texts(kill_plan, histories.survived(kill_plan), "drain") == [
        "fault 1.1 was undone at 0.034 s",
        "T-0003 was answered last, at 0.124 s",
        "all was quiet at 0.199 s, 0.075 s after the last answer",
    ]


def test_only_the_time_in_which_all_were_paused_is_a_row(made: Plan) -> None:
    history = histories.healthy(made)
    assert texts(made, history, "paused_cpu_seconds") == []
    history.samples = [
        Sample(0, ns(-1), {"worker": 1.0}, {}, -2, 0),
        Sample(1, ns(101), {"worker": 2.0, "engine": 5.0}, {}, 4, 4),
        Sample(2, ns(151), {"worker": 2.25, "engine": 5.5}, {}, 2, 2),
        Sample(3, ns(161), {"worker": 2.5, "engine": 5.75}, {}, 2, 1),
    ]
    rows = texts(made, history, "paused_cpu_seconds")
    assert rows == ["0.75 s from 0.1 s to 0.15 s, 4 of 4 paused and then 2 of 2 paused"]


def test_the_cost_of_a_ticket_is_told_with_its_terms(made: Plan) -> None:
    assert texts(made, histories.healthy(made), "cpu_per_ticket") == [
        "(0.5 s of the worker) / 4 finished = 0.125 s",
        "the worker had used 1 s of CPU at -0.002 s",
        "the worker had used 1.5 s of CPU at 0.199 s, 0.5 s more",
    ]


def test_throughput_is_told_with_its_terms(made: Plan) -> None:
    assert texts(made, histories.healthy(made), "throughput") == [
        "4 finished / 0.095 s = 42.105 /s",
        "T-0001 was sent first, at 0 s",
        "T-0003 ended last, at 0.095 s",
    ]


def test_memory_is_told_to_the_byte_the_most_first(made: Plan) -> None:
    history = histories.healthy(made)
    history.samples = [histories.sample(-1, 1.0, 1_000_000), histories.sample(100, 1.4, 23_456_789)]
    assert texts(made, history, "peak_rss") == [
        "worker 23.5 MB = 23456789 bytes at 0.099 s",
        "worker 1.0 MB = 1000000 bytes at -0.002 s",
    ]


def test_what_a_client_was_told_stands_in_the_rows_that_count_it(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 85)
    histories.answer(history, 4, 90, "info", detail="the connection broke")
    assert texts(made, history, "acknowledged")[0] == "T-0001 was answered ok resolved; ended as resolved"
    assert texts(made, history, "indeterminate") == [
        "T-0004 was answered info (the connection broke); did not end: close_ticket #1 never ended; still in the store"
    ]


def test_an_end_that_was_right_by_another_path_is_told_so(made: Plan) -> None:
    history = histories.healthy(made)
    (skipped,) = histories.tries(history, 4, "validate_resolution")
    history.audit = [row for row in history.audit if row.writer != skipped.id]
    assert texts(made, history, "wrong_outcome") == ["T-0004 ended as resolved, by another path than expected"]


def test_what_was_allowed_beyond_what_was_due_is_told(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    (told,) = histories.tries(history, 3, "notify_management")
    for at in (150, 151):
        histories.send(history, told, "gave_up", at)
    assert texts(kill_plan, history, "effects_duplicated") == [
        "T-0003 notify_management/gave_up: 1 (0 due, 1 more allowed, 2 applied)"
    ]


TWICE = "faults:\n  - {kind: worker_kill, when: {step: search_knowledge_base}, attempts: 2}\n"


def test_a_step_that_was_broken_open_twice_is_named_by_its_first_attempt(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, TWICE)
    history = histories.healthy(made)
    (first,) = histories.tries(history, 1, "search_knowledge_base")
    again = amended(first, id="again", started=ns(40), proc=B)
    history.attempts.append(again)
    histories.in_order(history)
    landed = {
        fault: Attestation(fault, "landed", "", moment, (), (1,), healed=True, attempts=(hit.id,))
        for fault, moment, hit in (("1.1", ns(22), first), ("1.2", ns(45), again))
    }
    first.ended = first.result = again.ended = again.result = None
    facts = Evidence(made, history, landed)
    (interrupted,) = unfold("interrupted", facts)
    assert interrupted.text == f"{BROKEN}: open when faults 1.1, 1.2 landed"
    (unresumed,) = unfold("unresumed", facts)
    beyond = "its ticket went on with a later step"
    assert unresumed.text == f"T-0001 search_knowledge_base #1 in {B}: not attempted again after fault 1.2; {beyond}"
    history.attempts = [one for one in history.attempts if one.ticket != 1 or one.step == first.step]
    (unresumed,) = unfold("unresumed", Evidence(made, history, landed))
    assert unresumed.text == f"T-0001 search_knowledge_base #1 in {B}: not attempted again after fault 1.2"


@pytest.mark.parametrize(
    ("phases", "line"),
    [
        (["load", "quiet", "end"], 12),
        (["load", "deadline", "end"], 12),
        (["load", "settle", "interrupted"], 13),
        ([], 1),
    ],
)
def test_the_end_of_waiting_is_named_by_when_settling_ended_or_by_the_last_phase(
    made: Plan, phases: list[str], line: int
) -> None:
    history = histories.healthy(made)
    histories.cut(history, 4, 60)
    history.gave_up[4] = ns(300)
    history.phases = [Phase(seq, ns(200), name) for seq, name in enumerate(phases, start=10)]
    row, *_ = [row for row in unfold("unavailable", evidence(made, history)) if row.ticket is None]
    assert row.source == f"journal/harness:{line}"


def test_a_run_in_which_nothing_was_done_has_nothing_to_drain(made: Plan) -> None:
    history = histories.healthy(made)
    history.answered = []
    assert texts(made, history, "drain") == []


@pytest.mark.parametrize(("cut", "words"), [((4,), "1 ticket was"), ((3, 4), "2 tickets were")])
def test_a_figure_that_an_early_end_left_open_says_of_how_many_tickets(
    made: Plan, cut: tuple[int, ...], words: str
) -> None:
    history = histories.healthy(made)
    for number in cut:
        histories.cut(history, number, 60)
    history.phases = [Phase(0, ns(80), "interrupted")]
    assert why_open(evidence(made, history)) == f"the run ended early: {words} under way"
