"""What was cut off from who hands out work goes on only with a later attempt, or its ticket's end."""

from math import inf
from pathlib import Path

import pytest

from harness.faults.spec import Attestation
from harness.history.model import History
from harness.judging.evidence import Evidence
from harness.judging.metrics.aftermath import resumes, unresumed
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import A, ns

CUT = """\
faults:
  - {kind: worker_kill, when: {step: search_knowledge_base}}
  - {kind: network, between: worker-engine, mode: lose, when: {after: 25ms}, duration: 10ms}
"""
AT = 25
SEARCH = (1, "search_knowledge_base", 1)


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    text = histories.SCENARIO.replace("[sync]", "{sync: {system: temporal}}")
    return histories.planned(tmp_path, text + CUT)


def cut_off(made: Plan, history: History) -> Evidence:
    """Let the cut land on worker A while it searches for ticket 1, from the 20th to the 28th ms."""
    return Evidence(made, history, {"2.1": Attestation("2.1", "landed", "", ns(AT), (A,), (), healed=True)})


def no_later_attempt(history: History) -> History:
    """Take away what ticket 1 did beyond its search, but not what the store has of it."""
    history.attempts = [one for one in history.attempts if one.ticket != 1 or one.started < ns(AT)]
    return history


def test_that_a_step_ended_where_nobody_heard_of_it_is_no_resumption(made: Plan) -> None:
    evidence = cut_off(made, histories.healthy(made))
    assert [(attempt.instance, took) for _, attempt, took in resumes(evidence)] == [(SEARCH, 0.005)]
    assert unresumed(evidence) == {}


def test_a_later_attempt_alone_shows_that_the_work_went_on(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 1, 45)
    assert unresumed(cut_off(made, history)) == {}


def test_the_end_of_the_ticket_alone_shows_that_the_work_went_on(made: Plan) -> None:
    assert unresumed(cut_off(made, no_later_attempt(histories.healthy(made)))) == {}


def test_what_neither_was_attempted_again_nor_ended_did_not_go_on(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 1, 29)
    evidence = cut_off(made, no_later_attempt(history))
    assert [took for *_, took in resumes(evidence)] == [inf]
    assert list(unresumed(evidence)) == [SEARCH]
