"""Long pauses, from literal histories: what proves that something stood still, and what speaks against it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.faults.spec import Attestation
from harness.history.model import History, Stop
from harness.history.run_records import (
    Exited,
    FaultBegun,
    FaultEnded,
    LateAnswer,
    PauseAsked,
    Signalled,
    TicketPaused,
    TicketResumed,
)
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk.records import PointReached, Struck
from tests.support.histories import A, attempt, healthy, in_order, ns, plan, rest_of, tries

WORKER = """
faults:
  - {kind: long_pause, scope: worker, when: {step: agent_investigate}, duration: 100ms}
"""
TICKET = """
faults:
  - {kind: long_pause, scope: ticket, when: {after: 20ms}, duration: 60ms}
"""
AGENT = """
faults:
  - {kind: long_pause, scope: step, step: agent_resolve, tickets: [2], duration: 60ms}
"""
Break = Callable[[History], object]


def attested(made: Plan, history: History) -> Attestation:
    (instance,) = made.faults
    return made.scenario.faults[0].attest(instance, history)


# -- a worker


def stopped(folder: Path) -> tuple[Plan, History]:
    """A history in which the worker that investigates for ticket 2 stands still from the 33rd to the 140th ms."""
    made = plan(folder, WORKER)
    history = healthy(made)
    (struck,) = tries(history, 2, "agent_investigate")
    proc = history.processes[struck.proc]
    history.points.append((proc.proc, PointReached(0, ns(32), "1.1", struck.id, 2, struck.step, 1, "before_effect")))
    proc.signals.append(Signalled(0, ns(32.5), proc.proc, "SIGSTOP", "1.1"))
    proc.stops.append(Stop("1.1", ns(33), is_whole=True, continued=ns(140)))
    struck.ended = ns(145)
    history.faults_begun["1.1"] = FaultBegun(0, ns(32), "1.1", 0, (proc.proc,))
    history.faults_ended["1.1"] = FaultEnded(0, ns(140), "1.1", healed=True, injected=True)
    return made, history


def test_a_worker_that_stood_still_in_the_middle_of_a_step_is_proven(tmp_path: Path) -> None:
    made, history = stopped(tmp_path)
    proc = tries(history, 2, "agent_investigate")[0].proc
    assert attested(made, history) == Attestation(
        "1.1", "landed", f"worker 2 ({proc}) stood still", ns(33), (proc,), (), healed=True
    )


def stop_of(history: History) -> Stop:
    (stop,) = [stop for one in history.processes.values() for stop in one.stops]
    return stop


@pytest.mark.parametrize(
    ("break_it", "doubt"),
    [
        (lambda history: setattr(stop_of(history), "wrote", True), "journaled while it should have stood still"),
        (lambda history: setattr(stop_of(history), "is_whole", False), "not every thread"),
        (lambda history: setattr(stop_of(history), "continued", None), "was never let go on"),
        (lambda history: setattr(stop_of(history), "continued", ns(60)), "stood still for 0.03 s only"),
        (lambda history: history.points.clear(), "no execution reached the point"),
        (lambda history: setattr(tries(history, 2, "agent_investigate")[0], "ended", ns(32)), "was busy"),
        (lambda history: [one.stops.clear() for one in history.processes.values()], "no process stood still"),
        (lambda history: history.faults_ended.clear(), "it was never undone"),
    ],
)
def test_a_stop_that_the_records_do_not_show_whole_is_missed(tmp_path: Path, break_it: Break, doubt: str) -> None:
    made, history = stopped(tmp_path)
    history.requests.clear()
    break_it(history)
    seen = attested(made, history)
    assert seen.fate == "missed"
    assert doubt in seen.detail


def test_a_worker_that_was_killed_as_it_stood_still_did_stand_still(tmp_path: Path) -> None:
    made, history = stopped(tmp_path)
    (proc,) = [one for one in history.processes.values() if one.stops]
    stop_of(history).continued = None
    proc.exited = Exited(0, ns(80), proc.proc, None, "SIGKILL", 1.0, 100)
    assert attested(made, history).fate == "landed"


def test_what_began_after_a_worker_stood_still_was_not_broken_by_that(tmp_path: Path) -> None:
    made, history = stopped(tmp_path)
    (struck,) = tries(history, 2, "agent_investigate")
    later = msgspec.structs.replace(struck, id="later", started=ns(150), ended=None)  # and cut off by another fault
    history.attempts.append(later)
    (exposure,) = Evidence(made, history, {"1.1": attested(made, history)}).exposures
    assert exposure.attempts == (struck,)


def test_a_worker_that_goes_on_by_itself_resumes_with_its_own_next_record(tmp_path: Path) -> None:
    made, history = stopped(tmp_path)
    evidence = Evidence(made, history, {"1.1": attested(made, history)})
    (exposure,) = evidence.exposures
    assert [one.step for one in exposure.attempts] == ["agent_investigate"]
    assert exposure.tickets == frozenset({2, 4})


# -- tickets


def paused(folder: Path) -> tuple[Plan, History]:
    """Ticket 1 stands still from the 28th to the 95th ms, between its second and its third step."""
    made = plan(folder, TICKET)
    history = healthy(made)
    for one in [a for a in history.attempts if a.ticket == 1 and a.started >= ns(28)]:
        one.started, one.ended = one.started + ns(70) - ns(0), (one.ended or 0) + ns(70) - ns(0)
    in_order(history)
    history.faults_begun["1.1"] = FaultBegun(0, ns(20), "1.1", ns(20))
    history.pause_asked.append(PauseAsked(0, ns(21), "1.1", (1,)))
    history.paused.append(TicketPaused(0, ns(28.5), "1.1", 1))
    history.resumed.append(TicketResumed(0, ns(95), "1.1", 1))
    history.faults_ended["1.1"] = FaultEnded(0, ns(95), "1.1", healed=True, injected=True)
    return made, history


def test_a_ticket_that_made_no_attempt_until_it_was_resumed_stood_still(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    assert attested(made, history) == Attestation(
        "1.1", "landed", "1 ticket stood still", ns(20), (), (1,), healed=True
    )


def test_a_ticket_that_went_on_although_it_was_read_as_paused_did_not_stand_still(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    one, path = rest_of(made, 1, "notify_customer")
    attempt(history, one.number, path[0], A, 50)
    seen = attested(made, history)
    assert (seen.fate, seen.detail) == ("missed", "T-0001 made an attempt while it was paused")


def test_a_ticket_that_nobody_resumed_is_not_healed(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.resumed.clear()
    seen = attested(made, history)
    assert (seen.fate, seen.detail, seen.healed) == ("missed", "T-0001 was never resumed", False)


def test_a_ticket_that_never_went_on_is_missed_unless_a_fault_ended_its_worker(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.attempts = [a for a in history.attempts if a.ticket != 1 or a.started < ns(28)]
    assert attested(made, history).detail == "T-0001 made no attempt after it was resumed"
    process = history.processes[A]
    process.signals.append(Signalled(0, ns(50), A, "SIGKILL", "2.1"))
    process.exited = Exited(0, ns(51), A, None, "SIGKILL", 1.0, 100)
    assert attested(made, history).fate == "landed"


def test_a_ticket_that_was_let_go_on_too_soon_did_not_stand_still_so_long(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.resumed = [msgspec.structs.replace(one, t=ns(30)) for one in history.resumed]
    assert attested(made, history).detail == "T-0001 stood still for 0.00 s only"


def test_a_ticket_that_was_asked_and_walked_on_is_no_pause_of_all(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.pause_asked = [PauseAsked(0, ns(21 - 3000), "1.1", (1, 2))]
    history.resumed.append(TicketResumed(0, ns(95), "1.1", 2))
    seen = attested(made, history)
    assert (seen.fate, seen.detail) == ("missed", "T-0002 was never read as paused")


def test_a_ticket_that_ended_before_the_wish_came_through_takes_nothing_from_the_pause(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.pause_asked = [PauseAsked(0, ns(21), "1.1", (1, 2))]
    history.resumed.append(TicketResumed(0, ns(95), "1.1", 2))
    assert attested(made, history).fate == "landed"


def test_a_ticket_that_was_at_its_last_step_or_that_nobody_walks_cannot_stand_still(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.pause_asked = [PauseAsked(0, ns(21), "1.1", (1, 2, 3))]
    history.resumed += [TicketResumed(0, ns(95), "1.1", number) for number in (2, 3)]
    history.attempts = [one for one in history.attempts if one.ticket != 3]
    history.attempts = [one for one in history.attempts if one.ticket != 2 or one.started < ns(21)]
    assert attested(made, history).fate == "landed"


def test_a_ticket_that_was_asked_and_never_resumed_is_not_healed_whatever_the_others_are(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.pause_asked = [PauseAsked(0, ns(21), "1.1", (1, 2))]
    assert not attested(made, history).healed


def test_a_pause_that_no_ticket_was_read_in_says_so(tmp_path: Path) -> None:
    made, history = paused(tmp_path)
    history.paused.clear()
    assert attested(made, history).detail == "no ticket was ever read as paused"


# -- agents


def silent(folder: Path) -> tuple[Plan, History]:
    """The agent of ticket 2 is asked at the 41st ms and answers at the 102nd."""
    made = plan(folder, AGENT)
    history = healthy(made)
    (asked,) = tries(history, 2, "agent_resolve")
    struck = Struck(0, ns(41), "1.1", 1, asked.id, 2, "agent_resolve", 1, "before_effect", "silent")
    history.strikes.append((asked.proc, struck))
    history.late_answers.append(LateAnswer(0, ns(102), "1.1", 2, "agent_resolve", 1, "R-001", is_refused=True))
    return made, history


def test_an_agent_who_answered_only_after_so_long_was_silent(tmp_path: Path) -> None:
    made, history = silent(tmp_path)
    proc = history.strikes[0][0]
    assert attested(made, history) == Attestation(
        "1.1", "landed", "1 agents silent for 0.06 s, 1 late answers refused", ns(41), (proc,), (2,), healed=True
    )


def test_an_agent_who_was_not_asked_or_has_not_answered_proves_nothing(tmp_path: Path) -> None:
    made, history = silent(tmp_path)
    answers, history.late_answers = history.late_answers, []
    assert attested(made, history).detail == "the agent of visit 1 had not answered when the run ended"
    history.late_answers, history.strikes = answers, []
    assert attested(made, history).detail == "no agent was asked in agent_resolve"


def test_the_truth_of_a_ticket_with_a_silent_agent_has_the_compensation(tmp_path: Path) -> None:
    made, history = silent(tmp_path)
    tries(history, 2, "agent_resolve")[0].result = "silent"
    evidence = Evidence(made, history, {"1.1": attested(made, history)})
    told = [(p.step, p.purpose, p.result) for p in evidence.truth(2).path]
    at = told.index(("agent_resolve", "", "silent"))
    assert told[at + 1 : at + 5] == [
        ("release_agent", "silent", "done"),
        ("notify_customer", "apology_silent", "done"),
        ("assign_agent", "replacement", "assigned"),
        ("agent_resolve", "", "done"),
    ]
    assert evidence.truth(1) == made.tickets[0].oracle


def test_mistakes_name_the_key_that_does_not_go_with_the_scope(tmp_path: Path) -> None:
    from harness.errors import ScenarioInvalid  # noqa: PLC0415

    bad = """
faults:
  - {kind: long_pause, scope: worker, duration: 1s}
  - {kind: long_pause, scope: ticket, when: {after: 1s}, agents: 2, duration: 1s}
  - {kind: long_pause, scope: step, when: {after: 1s}, duration: 1s}
  - {kind: long_pause, scope: step, step: agent_resolve, agents: 4, duration: 0s}
"""
    with pytest.raises(ScenarioInvalid) as raised:
        plan(tmp_path, bad)
    assert {one.message for one in raised.value.mistakes} == {
        "scope: worker requires the key 'when': expected after, progress or step; found none",
        "agents: does not go with scope: ticket: expected tickets; found agents",
        "scope: step requires the key 'step': expected agent_investigate or agent_resolve; found none",
        "when: does not go with scope: step, which strikes wherever the step runs: expected none, found one",
        "duration: expected more than 0s, found 0s",
        "agents: expected 1 to 3, found 4",
    }
