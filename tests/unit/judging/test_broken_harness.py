"""A harness that breaks is seen by what it recorded: clocks, the load, the receiver, the wait for quiet, the export."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.history.model import History
from harness.history.run_records import Sample
from harness.judging.metrics.measure import MEASURES, MetricBroken
from harness.judging.repetition import judge
from harness.planning.plan import Plan
from systems.system import Residency
from tests.support import histories
from tests.support.histories import KILL, MS, A, B, amended, healthy, judged, not_valid, ns, whole

IDEMPOTENT = histories.SCENARIO.replace("[sync]", "{sync: {safeguards: {idempotency: true}}}")
RESUBMITTED = histories.SCENARIO.replace("[sync]", "{sync: {resubmit: {attempts: 1, on: [info]}}}")
CLOSED = histories.SCENARIO.replace("rate: 100/s", "concurrency: 2")
ENGINE = histories.SCENARIO.replace("[sync]", "{sync: {system: temporal}}")
Change = Callable[[History], object]


def sound(folder: Path, text: str = histories.SCENARIO) -> tuple[Plan, History]:
    made = histories.planned(folder, text)
    return made, whole(healthy(made))


def words_of(made: Plan, history: History, check: str) -> str:
    return next(one.detail for one in judged(made, history).checks if one.name == check)


# -- one clock


def shifted(history: History, proc: str, by_ms: int) -> None:
    for attempt in history.attempts:
        if attempt.proc == proc:
            attempt.started, attempt.ended = attempt.started + by_ms * MS, (attempt.ended or 0) + by_ms * MS


def receiver_shifted(history: History, by_ms: int) -> None:
    history.ledger = [amended(entry, t=entry.t + by_ms * MS) for entry in history.ledger]


def client_shifted(history: History, by_ms: int) -> None:
    history.submitted = [
        amended(one, t=one.t + by_ms * MS, planned=one.planned + by_ms * MS) for one in history.submitted
    ]


def answers_shifted(history: History, by_ms: int) -> None:
    history.answered = [amended(one, t=one.t + by_ms * MS) for one in history.answered]


def born(history: History, **changes: Any) -> None:
    history.processes[A] = msgspec.structs.replace(history.processes[A], **changes)


CLOCKS: dict[str, tuple[Change, str]] = {
    "a worker ahead": (lambda h: shifted(h, A, 5), "before its attempt began"),
    "a worker behind": (lambda h: shifted(h, B, -5), "after its attempt had ended"),
    "the receiver ahead": (lambda h: receiver_shifted(h, 5), "after its attempt had ended"),
    "the harness ahead": (lambda h: client_shifted(h, 5), "was worked on before it was sent"),
    "the harness behind": (lambda h: answers_shifted(h, -5), "was answered before its end"),
    "a worker that began too late": (lambda h: born(h, first_record=ns(-8998)), "after it was ready"),
    "a worker that began too early": (lambda h: born(h, first_record=ns(-9300)), "before it was started"),
    "a worker that wrote too late": (lambda h: born(h, last_record=ns(5000)), "later than its end"),
}


@pytest.mark.parametrize("whose", CLOCKS)
def test_clocks_that_disagree_contradict_each_other(tmp_path: Path, whose: str) -> None:
    change, words = CLOCKS[whose]
    made, history = sound(tmp_path)
    change(history)
    assert not_valid(made, history) == {"journal_intact": "invalid"}
    assert words in words_of(made, history, "journal_intact")


def test_a_process_may_begin_its_journal_a_moment_before_its_start_is_written(tmp_path: Path) -> None:
    made, history = sound(tmp_path)
    born(history, first_record=ns(-9001))
    assert not_valid(made, history) == {}


# -- what an engine leaves


def resident(history: History, by_ms: float = 0) -> None:
    sent = {submission.ticket: submission.t for submission in history.submitted}
    history.residencies = [
        Residency(ticket, A, at + int((by_ms + 0.5) * MS), at + 60 * MS) for ticket, at in sent.items()
    ]
    history.exported = 2 * len(sent)


def without_a_residency(history: History) -> None:
    resident(history)
    del history.residencies[0]


def with_few_histories(history: History) -> None:
    resident(history)
    history.exported = 3


LEFT: dict[str, tuple[Change, str, str]] = {
    "all": (resident, "", ""),
    "a stamp that is late by less than clocks of two hosts": (lambda h: resident(h, 45), "", ""),
    "stamps of a clock that was behind": (lambda h: resident(h, -200), "invalid", "resident before it was sent"),
    "stamps of a clock that was ahead": (lambda h: resident(h, 200), "invalid", "worked on before it was resident"),
    "no residency of a ticket": (
        without_a_residency,
        "unknown",
        "nothing tells where",
    ),
    "too few histories": (with_few_histories, "unknown", "expected a history of each"),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_an_engine_must_leave_is_asked_for(tmp_path: Path, what: str) -> None:
    change, verdict, words = LEFT[what]
    made, history = sound(tmp_path, ENGINE)
    change(history)
    checks = {one.name: one for one in judge(made, history, "temporal").checks}
    assert checks["journal_intact"].verdict == (verdict or "valid"), checks["journal_intact"].detail
    assert words in checks["journal_intact"].detail


# -- the load


def sent_twice(history: History) -> None:
    history.submitted.append(history.submitted[-1])
    history.answered.append(history.answered[-1])


def resubmitted(history: History) -> None:
    history.submitted.append(amended(history.submitted[-1], t=ns(120), n=2))
    history.answered.append(amended(history.answered[-1], t=ns(130), n=2))


def in_another_priority(history: History) -> None:
    history.submitted[-1] = amended(history.submitted[-1], priority="high")


def with_another_pace(history: History) -> None:
    history.submitted[-1] = amended(history.submitted[-1], planned=history.submitted[-1].planned - 5 * MS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (sent_twice, "was sent 2 times, planned was 1"),
        (resubmitted, "was resubmitted 1 times, planned were at most 0"),
        (in_another_priority, "in the priority high, planned was low"),
        (with_another_pace, "later than planned, beside the others"),
    ],
)
def test_a_load_that_is_not_the_plan_is_unknown(tmp_path: Path, change: Change, words: str) -> None:
    made, history = sound(tmp_path)
    change(history)
    assert not_valid(made, history) == {"plan_followed": "unknown"}
    assert words in words_of(made, history, "plan_followed")


def test_a_client_that_should_have_submitted_again_and_did_not_is_unknown(tmp_path: Path) -> None:
    made, history = sound(tmp_path, RESUBMITTED)
    history.answered = [amended(one, outcome="info", state="") if one.ticket == 4 else one for one in history.answered]
    assert not_valid(made, history) == {"plan_followed": "unknown"}
    assert words_of(made, history, "plan_followed") == "T-0004 was answered info and not resubmitted"


def test_a_client_that_submitted_again_for_nothing_is_unknown(tmp_path: Path) -> None:
    made, history = sound(tmp_path, RESUBMITTED)
    resubmitted(history)
    assert words_of(made, history, "plan_followed") == "T-0004 was resubmitted though nothing called for it"


def in_turns(history: History, *at_ms: int) -> None:
    """Submit the tickets at these moments, each done with its answer."""
    moments = dict(enumerate(at_ms, start=1))
    history.submitted = [
        amended(one, t=ns(moments[one.ticket]), planned=ns(moments[one.ticket])) if one.ticket > 0 else one
        for one in history.submitted
    ]
    history.gave_up = {one.ticket: one.t for one in history.answered if one.ticket > 0}


def test_a_closed_loop_keeps_its_turns(tmp_path: Path) -> None:
    made, history = sound(tmp_path, CLOSED)
    ends = sorted(end for ticket, end in history.terminal_at.items() if ticket > 0)
    first_end_ms = (ends[0] - ns(0)) / MS
    in_turns(history, 0, 0, 20, 20)
    assert first_end_ms > 20
    assert "more than 2 at once" in words_of(made, history, "plan_followed")
    for ticket in (3, 4):
        postponed(history, ticket, 1500)
    assert "after a slot was free" in words_of(made, history, "plan_followed")


def postponed(history: History, ticket: int, by_ms: int) -> None:
    history.submitted = [amended(o, t=o.t + by_ms * MS) if o.ticket == ticket else o for o in history.submitted]
    history.submitted = [amended(o, planned=o.t) if o.ticket == ticket else o for o in history.submitted]


# -- the receiver


def written_twice(history: History) -> None:
    history.ledger = [*history.ledger, amended(history.ledger[-1], seq=len(history.ledger))]


def of_another_ticket(history: History) -> None:
    history.ledger[-1] = amended(history.ledger[-1], ticket=1, nth=9)


def dropped(history: History) -> None:
    history.ledger[-1] = amended(history.ledger[-1], applied=False)


def repeat_applied(history: History) -> None:
    last = history.ledger[-1]
    sender = next(one for one in history.attempts if one.id == last.attempt)
    history.attempts.append(amended(sender, id="again"))
    history.ledger = [*history.ledger, amended(last, seq=len(history.ledger), attempt="again")]


@pytest.mark.parametrize(
    ("change", "text", "words"),
    [
        (written_twice, histories.SCENARIO, "sent one effect, and the receiver has it twice"),
        (dropped, histories.SCENARIO, "which it was to apply"),
        (repeat_applied, IDEMPOTENT, "which it was to drop"),
    ],
)
def test_a_receiver_that_decides_otherwise_than_it_should_is_invalid(
    tmp_path: Path, change: Change, text: str, words: str
) -> None:
    made, history = sound(tmp_path, text)
    change(history)
    assert not_valid(made, history) == {"conservation": "invalid"}
    assert words in words_of(made, history, "conservation")


def test_a_repeat_that_nobody_was_to_drop_is_the_systems_own(tmp_path: Path) -> None:
    made, history = sound(tmp_path)
    repeat_applied(history)
    assert not_valid(made, history) == {}


def test_a_message_to_the_wrong_customer_is_the_systems_own(tmp_path: Path) -> None:
    made, history = sound(tmp_path)
    of_another_ticket(history)
    assert not_valid(made, history) == {}


# -- what looks


def test_quiet_while_a_ticket_is_live_is_unknown(tmp_path: Path) -> None:
    made, history = sound(tmp_path)
    assert history.at_end is not None
    history.at_end = amended(history.at_end, live=(4,))
    assert not_valid(made, history) == {"quiescence": "unknown"}


def test_quiet_while_an_attempt_is_under_way_is_unknown_unless_its_process_is_dead(tmp_path: Path) -> None:
    made, history = sound(tmp_path)
    last = history.attempts[-1]
    history.attempts.append(amended(last, id="open", step="verify_fix", started=ns(190), ended=None, result=None))
    assert not_valid(made, history) == {"quiescence": "unknown"}
    process = history.processes[last.proc]
    assert process.exited is not None
    process.exited = amended(process.exited, t=ns(195))
    process.last_record = ns(194)
    assert not_valid(made, history) == {}


def test_a_sampler_that_stops_is_unknown(tmp_path: Path) -> None:
    made, history = sound(tmp_path)
    history.phases = [amended(one, t=ns(2300)) if one.name == "quiet" else one for one in history.phases]
    history.samples += [Sample(0, ns(at), {"worker": 2.0}, {"worker": 1}, 0, 0) for at in (1200, 2200)]
    assert not_valid(made, history) == {}
    del history.samples[-2:]
    assert not_valid(made, history) == {"journal_intact": "unknown"}
    assert "no sample of CPU and memory for 2.1 s" in words_of(made, history, "journal_intact")


# -- faults


def test_a_process_that_lives_on_was_not_killed(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, KILL)
    history = whole(histories.survived(made))
    assert not_valid(made, history) == {}
    process = history.processes[A]
    assert process.exited is not None
    in_time, process.exited = process.exited, amended(process.exited, t=ns(histories.QUIET_MS + 1))
    assert not_valid(made, history)["faults_landed"] == "unknown"
    assert "lived until the run ended" in words_of(made, history, "faults_landed")
    process.exited, process.last_record = in_time, ns(1500)
    assert "went on writing after its SIGKILL" in words_of(made, history, "faults_landed")


def test_a_failure_that_strikes_another_ticket_has_missed(tmp_path: Path) -> None:
    fault = "faults:\n  - {kind: activity_failure, step: notify_customer, tickets: [1]}\n"
    made = histories.plan(tmp_path, fault)
    for ticket, fate in ((1, "valid"), (3, "unknown")):
        history = healthy(made)
        (struck,) = histories.tries(history, ticket, "notify_customer")
        history.attempts.append(amended(struck, id="again", started=struck.started + 6 * MS, ended=struck.ended))
        histories.send(history, history.attempts[-1], "solution", (struck.started - ns(0)) / MS + 7)
        rows = [amended(row, writer="again") if row.writer == struck.id else row for row in history.audit]
        histories.strike(history, struck, "1.1")
        history.audit = rows
        assert not_valid(made, history).get("faults_landed", "valid") == fate


# -- judging


def test_a_metric_that_breaks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def figure(_: object) -> float:
        raise KeyError("of nothing")

    monkeypatch.setitem(MEASURES, "lost", replace(MEASURES["lost"], figure=figure))
    made, history = sound(tmp_path)
    with pytest.raises(MetricBroken, match="the metric lost broke: KeyError: 'of nothing'"):
        judged(made, history)
