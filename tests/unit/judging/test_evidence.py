"""The facts that figures and checks rest on, worked out of literal records: what counts, what was open, who was hit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.faults.spec import Attestation
from harness.history.model import Attempt, History, Process, Request
from harness.history.run_records import Answered, Exited, OperatorWrote, Signalled, Submitted
from harness.judging.evidence import End, Evidence
from harness.planning.plan import Plan
from systems.desk.records import Struck
from systems.desk.rows import AuditRow
from systems.system import Residency
from tests.support import histories
from tests.support.histories import KILL, A, B, amended, ns

RACES = """\
faults:
  - {kind: write_race, race: lost_update}
  - {kind: write_race, race: stale_write}
"""
SILENT = """\
faults:
  - {kind: long_pause, scope: step, step: agent_resolve, tickets: [2], agents: 1, duration: 60ms}
  - {kind: activity_failure, step: agent_resolve, tickets: [2], error: transient}
"""


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path, KILL)


def struck(made: Plan, history: History, moment: float | None = 25, **more: Any) -> Evidence:
    """Let the kill have landed at a moment."""
    at = None if moment is None else ns(moment)
    return Evidence(made, history, {"1.1": Attestation("1.1", "landed", "", at, healed=True, **more)})


def test_what_was_worked_out_is_no_part_of_what_evidence_is(made: Plan) -> None:
    evidence, same = (Evidence(made, History("sync", 1)) for _ in range(2))
    evidence.once(lambda _: 5)
    assert evidence == same
    assert repr(evidence) == repr(same)
    with pytest.raises(TypeError):
        Evidence(made, evidence.history, {}, {})  # type: ignore[call-arg]


def test_a_row_of_an_agent_is_no_row_of_a_ticket_whatever_stands_in_it(made: Plan) -> None:
    history = History("sync", 1)
    history.audit = [AuditRow(1, "agents", "R-001", None, 1, None, "w", ns(1), "resolved", '{"step": 3}')]
    evidence = Evidence(made, history)
    assert (evidence.ends, evidence.rows, evidence.path(1)) == ({}, {}, ())


def test_a_ticket_ends_once(made: Plan) -> None:
    history = History("sync", 1)
    history.audit = [
        AuditRow(number, "tickets", "1", number, number + 1, number, "w", ns(number), state)
        for number, state in enumerate(("open", "backlog", "resolved"), start=1)
    ]
    assert Evidence(made, history).ends == {1: End("backlog", ns(2))}


def test_tickets_are_listed_by_number_whoever_was_sent_first(made: Plan) -> None:
    history = History("sync", 1)
    history.submitted = [Submitted(0, ns(n), ticket, 1, ns(n)) for n, ticket in enumerate((-1, 9, 3, 1, 3))]
    evidence = Evidence(made, history)
    assert evidence.submitted == [1, 3, 9]
    assert evidence.first_sent == {9: ns(1), 3: ns(2), 1: ns(3)}


@pytest.mark.parametrize(
    ("answers", "is_refused"),
    [
        ([("fail", False)], True),
        ([("fail", True)], False),
        ([("info", False)], False),
        ([("fail", False), ("fail", False)], False),  # one answer more than it was sent
        ([], False),
    ],
)
def test_a_ticket_is_refused_by_a_definite_answer_to_every_submission(
    made: Plan, answers: Sequence[tuple[str, bool]], *, is_refused: bool
) -> None:
    history = History("sync", 1)
    histories.submit(history, 1)
    history.answered = [Answered(0, ns(9), 1, 1, outcome, accepted=accepted) for outcome, accepted in answers]
    evidence = Evidence(made, history)
    assert evidence.was_refused(1) == is_refused
    assert not evidence.is_known(1)


# -- what a landed fault hit


def test_a_fault_that_nothing_is_attested_of_did_not_land(made: Plan) -> None:
    assert Evidence(made, histories.healthy(made)).landed == []


def test_a_fault_without_a_moment_struck_at_the_beginning_of_time(made: Plan) -> None:
    (exposure,) = struck(made, histories.healthy(made), None, tickets=(1,)).exposures
    assert (exposure.moment, exposure.tickets) == (0, frozenset({1}))


def test_a_canary_that_a_fault_struck_is_not_broken_by_it(made: Plan) -> None:
    history = histories.healthy(made)
    canary, ticket = (histories.tries(history, number, "close_ticket")[0] for number in (-1, 1))
    history.strikes = [
        (A, Struck(0, ns(25), "1.1", 1, one.id, one.ticket, one.step, 1, "before_effect", "transient"))
        for one in (canary, ticket)
    ]
    (exposure,) = struck(made, history, tickets=(1,)).exposures
    assert exposure.attempts == (ticket,)


def test_an_engine_among_other_processes_holds_up_all_that_is_under_way(made: Plan) -> None:
    history = histories.healthy(made)
    history.processes["e"] = Process("e", "engine", 0, ns(-9000))
    (exposure,) = struck(made, history, procs=(A, "e")).exposures
    assert exposure.tickets == frozenset({1, 2, 3})
    (exposure,) = struck(made, history, procs=(A,)).exposures
    assert exposure.tickets == frozenset({1, 3})


def attempt(name: str, started: float, ended: float | None, proc: str = A, ticket: int = 1) -> Attempt:
    done = None if ended is None else ns(ended)
    return Attempt(name, ticket, "close_ticket", 1, ns(started), proc=proc, ended=done, result="x" if ended else None)


def hit(made: Plan, *attempts: Attempt, signals: Sequence[tuple[str, str]] = ()) -> list[str]:
    """Return the attempts that a fault at the 25th ms broke open in A, which got these signals, each of a fault."""
    history = History("sync", 1)
    history.attempts = list(attempts)
    history.processes[A] = Process(A, "worker", 1, ns(-9000), exited=Exited(0, ns(40), A, None, "SIGKILL", 1.0, 1))
    history.processes[A].signals = [Signalled(0, ns(25), A, signal, fault) for signal, fault in signals]
    (exposure,) = struck(made, history, procs=(A,)).exposures
    return [broken.id for broken in exposure.attempts]


def test_an_attempt_is_open_from_its_start_until_just_before_its_end(made: Plan) -> None:
    attempts = (
        attempt("starts then", 25, 30),
        attempt("ends then", 10, 25),
        attempt("is about it", 24, 26),
        attempt("is before", 10, 24),
        attempt("is after", 26, 30),
        attempt("is elsewhere", 24, 26, B),
        attempt("is a canary's", 24, 26, ticket=-1),
        attempt("never ended", 25, None),
        attempt("begun later", 26, None),
    )
    assert hit(made, *attempts) == ["starts then", "is about it", "never ended"]


def test_what_a_dying_process_began_is_broken_too_if_this_fault_ended_it(made: Plan) -> None:
    late = attempt("begun later", 26, None)
    assert hit(made, late, signals=[("SIGSTOP", "1.1"), ("SIGKILL", "1.1")]) == ["begun later"]
    assert hit(made, late, signals=[("SIGKILL", "2.1")]) == []
    assert hit(made, late, signals=[("SIGSTOP", "1.1")]) == []


def test_what_was_done_within_the_grace_of_a_term_is_exposed_and_not_broken(made: Plan) -> None:
    done, left = attempt("done", 20, 30), attempt("left", 20, None)
    assert hit(made, done, left, signals=[("SIGTERM", "1.1")]) == ["left"]
    assert hit(made, done, left, signals=[("SIGKILL", "1.1")]) == ["done", "left"]


@pytest.mark.parametrize("is_request", [True, False])
@pytest.mark.parametrize(
    ("ticket", "opened", "closed", "is_resident"),
    [
        (1, 25, None, True),
        (1, 24, 26, True),
        (1, 25, 26, True),
        (1, 24, 25, False),
        (1, 26, None, False),
        (-1, 24, 26, False),
        (4, 24, 26, False),  # it ended at that very moment
        (3, 24, 26, True),  # it ended just after
    ],
)
def test_a_ticket_is_exposed_while_it_resides_in_what_was_hit(
    made: Plan, ticket: int, opened: float, closed: float | None, *, is_request: bool, is_resident: bool
) -> None:
    history = History("sync", 1)
    history.processes = {proc: Process(proc, "worker", 1, ns(-9000)) for proc in (A, B)}
    history.audit = [
        AuditRow(number, "tickets", str(number), 1, 2, 1, "w", ns(at), "resolved") for number, at in ((3, 26), (4, 25))
    ]
    until = None if closed is None else ns(closed)
    for proc, number in ((A, ticket), (B, 2)):
        if is_request:
            history.requests.append(Request("r", proc, number, ns(opened), until))
        else:
            history.residencies.append(Residency(number, proc, ns(opened), until or ns(9000)))
    (exposure,) = struck(made, history, procs=(A,)).exposures
    assert exposure.tickets == (frozenset({ticket}) if is_resident else frozenset())


# -- what landed faults change of what is right


def test_only_the_operator_of_a_stale_write_is_stale(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, RACES)
    history = History("sync", 1)
    history.operator_wrote = [OperatorWrote(0, ns(9), "1.1", 1, "operator 1", "t", "written")]
    assert Evidence(made, history).stale_operators == frozenset()
    history.operator_wrote.append(OperatorWrote(0, ns(9), "2.1", 1, "operator 2", "t", "written"))
    assert Evidence(made, history).stale_operators == frozenset({"operator 2"})


@pytest.mark.parametrize(
    ("act", "point", "results", "is_replaced"),
    [
        ("silent", "1.1", ["silent"], True),
        ("silent", "1.1", [None, "silent"], True),
        ("silent", "1.1", ["done"], False),
        ("silent", "2.1", ["silent"], False),
        ("transient", "1.1", ["silent"], False),
        (None, "", ["silent"], False),
    ],
)
def test_an_agent_who_a_landed_fault_made_silent_is_replaced_once(
    tmp_path: Path, act: str | None, point: str, results: list[str | None], *, is_replaced: bool
) -> None:
    made = histories.plan(tmp_path, SILENT)
    history = histories.healthy(made)
    (asked,) = histories.tries(history, 2, "agent_resolve")
    history.attempts.remove(asked)
    history.attempts += [amended(asked, id=f"a{n}", result=result) for n, result in enumerate(results)]
    # Of another step of the ticket an agent may be silent without any fault: nobody is to be replaced for that.
    histories.tries(history, 2, "agent_investigate")[0].result = "silent"
    if act is not None:
        blow = Struck(0, ns(41), point, 1, asked.id, 2, "agent_resolve", 1, "before_effect", act)
        history.strikes.append((B, blow))
    landed = Attestation("1.1", "landed", "", ns(41), (B,), (2,), healed=True)
    evidence = Evidence(made, history, {"1.1": landed, "2.1": Attestation("2.1", "missed", "", healed=True)})
    purposes = [passage.purpose for passage in evidence.truth(2).path if passage.step == "assign_agent"]
    assert purposes == (["first", "replacement"] if is_replaced else ["first"])
