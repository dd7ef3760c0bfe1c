"""The world around the desk, from literal histories: what proves that it failed, and what speaks against it."""

from pathlib import Path

import pytest

from harness.errors import ScenarioInvalid
from harness.faults.spec import Attestation
from harness.history.model import History
from harness.history.run_records import AnswerDropped, FaultBegun, FaultEnded, LockHeld, Troubled
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from tests.support.histories import healthy, ns, plan, tries


def attested(made: Plan, history: History) -> Attestation:
    (instance,) = made.faults
    return made.scenario.faults[0].attest(instance, history)


def acted(made: Plan, at: float, until: float) -> History:
    history = healthy(made)
    history.faults_begun["1.1"] = FaultBegun(0, ns(at), "1.1", ns(at))
    history.faults_ended["1.1"] = FaultEnded(0, ns(until), "1.1", healed=True, injected=True)
    return history


# -- answer_lost


def test_an_answer_that_said_ok_and_was_dropped_is_lost(tmp_path: Path) -> None:
    made = plan(tmp_path, "\nfaults: [{kind: answer_lost, tickets: [2]}]\n")
    history = healthy(made)
    assert attested(made, history) == Attestation("1.1", "missed", "no answer of it was ok: ok", healed=True)
    history.answers_dropped.append(AnswerDropped(0, ns(90), "1.1", 2, 1, "ok"))
    assert attested(made, history) == Attestation(
        "1.1", "landed", "1 of 1 answers dropped", ns(90), (), (2,), healed=True
    )
    history.answers_dropped.clear()
    history.answered = [one for one in history.answered if one.ticket != 2]
    assert attested(made, history).detail == "the ticket was never answered"


# -- receiver_outage


def test_an_effect_that_was_refused_meanwhile_proves_the_outage(tmp_path: Path) -> None:
    made = plan(tmp_path, "\nfaults: [{kind: receiver_outage, when: {after: 10ms}, duration: 50ms}]\n")
    history = acted(made, 10, 60)
    assert attested(made, history) == Attestation("1.1", "missed", "no effect came meanwhile", ns(10), healed=True)
    (sent,) = tries(history, 1, "send_auto_response")
    history.troubled.append(Troubled(0, ns(14), "1.1", 1, sent.id, 0.0))
    assert attested(made, history) == Attestation(
        "1.1", "landed", "1 effects refused", ns(10), (), (1,), healed=True, attempts=(sent.id,)
    )
    evidence = Evidence(made, history, {"1.1": attested(made, history)})
    assert [(one.attempts, one.tickets) for one in evidence.exposures] == [((sent,), frozenset({1}))]
    del history.faults_ended["1.1"]
    assert (attested(made, history).fate, attested(made, history).healed) == ("missed", False)


def test_an_outage_that_strikes_after_its_end_is_not_over(tmp_path: Path) -> None:
    slow = "{kind: receiver_outage, when: {after: 10ms}, duration: 50ms, mode: slow, delay: 11s}"
    made = plan(tmp_path, f"\nfaults: [{slow}]\n")
    history = acted(made, 10, 60)
    (sent,) = tries(history, 1, "send_auto_response")
    history.troubled.append(Troubled(0, ns(59), "1.1", 1, sent.id, 11.0))
    assert (attested(made, history).fate, attested(made, history).detail) == ("landed", "1 effects delayed by 11 s")
    history.troubled.append(Troubled(0, ns(61), "1.1", 1, sent.id, 11.0))
    assert (attested(made, history).fate, attested(made, history).healed) == ("missed", False)


# -- store_outage


def test_a_lock_that_held_somebody_up_and_let_nobody_write_is_an_outage(tmp_path: Path) -> None:
    made = plan(tmp_path, "\nfaults: [{kind: store_outage, when: {after: 100ms}, duration: 30ms}]\n")
    history = acted(made, 100, 130)
    history.audit = [row for row in history.audit if not ns(100) < row.at < ns(130)]
    assert attested(made, history).detail == "the lock was never given back"
    history.locks.append(LockHeld(0, ns(130), "1.1", ns(100), ns(130)))
    assert attested(made, history).detail == "nobody was under way when the lock was given back"
    (waiting,) = tries(history, 2, "agent_investigate")
    waiting.started, waiting.ended = ns(99), ns(131)
    assert attested(made, history) == Attestation(
        "1.1", "landed", "1 ticket waited", ns(100), (), (2,), healed=True, attempts=(waiting.id,)
    )
    history.locks[0] = LockHeld(0, ns(130), "1.1", ns(20), ns(130))
    assert attested(made, history).detail == "somebody wrote although the lock was held"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("{kind: receiver_outage, when: {after: 1s}, duration: 1s, mode: slow}", "mode: slow requires the key 'delay'"),
        ("{kind: receiver_outage, when: {after: 1s}, duration: 1s, delay: 1s}", "delay: goes with mode: slow only"),
        ("{kind: store_outage, when: {after: 1s}, duration: 26s}", "at most 25s"),
        ("{kind: store_outage, when: {step: close_ticket}, duration: 1s}", "no place in a step"),
        ("{kind: answer_lost, tickets: [9]}", "expected numbers from 1 to 4, as many are planned; found 9"),
        ("{kind: answer_lost, tickets: []}", "expected at least one ticket"),
    ],
)
def test_an_impossible_outage_is_refused(tmp_path: Path, fault: str, message: str) -> None:
    with pytest.raises(ScenarioInvalid, match=message):
        plan(tmp_path, f"\nfaults: [{fault}]\n")
