"""Two records that deny each other's order, to the nanosecond: which clocks disagree, by how much, and in what."""

from operator import attrgetter
from pathlib import Path

import pytest

from harness.history.model import History, Process, Request
from harness.history.run_records import Exited
from harness.judging.checks.clocks import clocks
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.system import Residency
from tests.support import histories
from tests.support.histories import MS, A, B, amended, ns

SPAWNED, READY, END = 5_000_000_000, 6_000_000_000, 9_000_000_000
SUPERVISED = "the clocks of the supervisor and worker 3 (p) disagree by"
RECEIVED = f"the clocks of the receiver and a worker ({B}) disagree by"
SERVED = "the clocks of the harness and a worker disagree by"
STAMPED = "the clocks of the engine and of the host disagree by"
HOST_SLACK = 50_000_000


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (SPAWNED - 250_000_000, END, []),
        (SPAWNED - 250_000_001, END, [f"{SUPERVISED} 0.250 s: it wrote before it was started"]),
        (READY, END, []),
        (READY + 1, END, [f"{SUPERVISED} 0.000 s: it began its journal after it was ready"]),
        (READY, END + 1, [f"{SUPERVISED} 0.000 s: its last record is later than its end"]),
    ],
)
def test_a_journal_lies_within_its_process_life(made: Plan, first: int, last: int, words: list[str]) -> None:
    history = History("sync", 1)
    exited = Exited(0, END, "p", 0, None, 1.0, 1)
    history.processes["p"] = Process(
        "p", "worker", 3, SPAWNED, ready=READY, first_record=first, last_record=last, exited=exited
    )
    assert clocks(Evidence(made, history)) == words


def test_a_process_that_never_was_ready_may_begin_at_any_time(made: Plan) -> None:
    history = History("sync", 1)
    history.processes["p"] = Process("p", "worker", 3, SPAWNED, first_record=READY + 1)
    assert clocks(Evidence(made, history)) == []


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (ns(60), []),
        (ns(60) - 1, [f"{RECEIVED} 0.000 s: effect 11 came before its attempt began"]),
        (ns(68), []),
        (ns(68) + 1, [f"{RECEIVED} 0.000 s: effect 11 came after its attempt had ended"]),
    ],
)
def test_an_effect_comes_while_its_attempt_waits(made: Plan, at: int, words: list[str]) -> None:
    history = histories.healthy(made)
    history.ledger[-1] = amended(history.ledger[-1], t=at)
    history.ledger[0] = amended(history.ledger[0], attempt="of nobody")
    assert clocks(Evidence(made, history)) == words


def test_the_effect_of_an_attempt_that_gave_up_waiting_may_come_after_it(made: Plan) -> None:
    history = histories.healthy(made)
    (notify,) = histories.tries(history, 4, "notify_customer")
    notify.result, notify.error = None, "transient"
    history.ledger[-1] = amended(history.ledger[-1], t=ns(69))
    assert clocks(Evidence(made, history)) == []


@pytest.mark.parametrize(
    ("at", "words"),
    [(ns(31), []), (ns(31) - 1, [f"{SERVED} 0.000 s: T-0004 was worked on before it was sent"])],
)
def test_nobody_works_on_a_ticket_before_it_is_sent(made: Plan, at: int, words: list[str]) -> None:
    history = histories.healthy(made)
    history.requests += [Request("first", B, 4, at), Request("second", B, 4, ns(80))]
    history.requests.sort(key=attrgetter("opened"))
    assert clocks(Evidence(made, history)) == words


@pytest.mark.parametrize(
    ("at", "outcome", "words"),
    [
        (ns(86), "ok", []),
        (ns(86) - 1, "ok", [f"{SERVED} 0.000 s: T-0004 was answered before its end"]),
        (ns(86) - 1, "info", []),
    ],
)
def test_an_answer_that_tells_an_end_comes_after_it(made: Plan, at: int, outcome: str, words: list[str]) -> None:
    history = histories.healthy(made)
    history.answered[-1] = amended(history.answered[-1], t=at, outcome=outcome)
    assert history.answered[-1].ticket == 4
    assert clocks(Evidence(made, history)) == words


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (ns(31) - HOST_SLACK, []),
        (ns(31) - HOST_SLACK - 1, [f"{STAMPED} 0.050 s: T-0004 was resident before it was sent"]),
        (ns(32) + HOST_SLACK, []),
        (ns(32) + HOST_SLACK + 1, [f"{STAMPED} 0.050 s: T-0004 was worked on before it was resident"]),
    ],
)
def test_an_engines_stamps_may_be_off_by_the_slack_of_two_hosts(made: Plan, start: int, words: list[str]) -> None:
    history = histories.healthy(made)
    history.residencies.append(Residency(4, B, start, ns(100)))
    assert clocks(Evidence(made, history)) == words


def test_of_each_kind_the_first_case_is_told(made: Plan) -> None:
    history = histories.healthy(made)
    history.ledger = [amended(entry, t=entry.t - 5 * MS) for entry in history.ledger]
    assert clocks(Evidence(made, history)) == [
        f"the clocks of the receiver and a worker ({A}) disagree by 0.001 s: effect 0 came before its attempt began"
    ]
