"""engine_limit, from literal histories: what proves that the engine held steps back, and what speaks against it."""

from pathlib import Path

import msgspec
import pytest

from harness.faults.spec import Attestation
from harness.history.model import History
from harness.history.run_records import FaultBegun, FaultEnded, Throttled
from harness.planning.plan import Plan
from tests.support.histories import MS, SCENARIO, healthy, in_order, ns, planned, tries
from tests.unit.planning.test_reading import mistakes, scenario_from

QUEUES = ("support", "internal")
LIMIT = "\nfaults: [{kind: engine_limit, when: {after: 40ms}, duration: 60ms, rate: 2/s}]\n"
LIMITED_AT, LIFTED_AT = 40, 100


def limited(folder: Path) -> tuple[Plan, History]:
    """Return a history in which the engine was throttled, and one step of ticket 2 waited for 9 ms in place of 2."""
    made = planned(folder, SCENARIO.replace("[sync]", "[temporal]") + LIMIT)
    history = healthy(made)
    history.faults_begun["1.1"] = FaultBegun(0, ns(LIMITED_AT), "1.1", ns(LIMITED_AT))
    history.faults_ended["1.1"] = FaultEnded(0, ns(LIFTED_AT), "1.1", healed=True, injected=True)
    for queue in QUEUES:
        history.throttled += [
            Throttled(0, ns(LIMITED_AT), "1.1", queue, 2.0, 2.0, 2.0),
            Throttled(0, ns(LIFTED_AT), "1.1", queue, None, None, 4000.0),
        ]
    (late,) = tries(history, 2, "notify_customer")
    late.started += 7 * MS
    in_order(history)
    return made, history


def attested(made: Plan, history: History) -> Attestation:
    (instance,) = made.faults
    return made.scenario.faults[0].attest(instance, history)


def test_an_engine_that_said_so_and_a_step_that_waited_longer_are_a_limit(tmp_path: Path) -> None:
    made, history = limited(tmp_path)
    assert attested(made, history) == Attestation(
        "1.1",
        "landed",
        "2/s of each of 2 queues: 1 steps waited up to 0.01 s, and at most 0.00 s before",
        ns(LIMITED_AT),
        (),
        (2,),
        healed=True,
    )


def test_a_limit_under_which_nothing_waited_longer_missed(tmp_path: Path) -> None:
    made, history = limited(tmp_path)
    (late,) = tries(history, 2, "notify_customer")
    late.started -= 7 * MS
    assert (attested(made, history).fate, attested(made, history).detail) == (
        "missed",
        "no step waited longer than before (0.00 s)",
    )


@pytest.mark.parametrize("column", ["result", "error"])
def test_what_waits_by_itself_proves_no_limit(tmp_path: Path, column: str) -> None:
    made, history = limited(tmp_path)
    (late,) = tries(history, 2, "notify_customer")
    before = [one for one in history.attempts if one.ticket == 2 and one.started < late.started][-1]
    if column == "error":
        before.error = "Transient"
    else:  # an agent who was busy is asked again after a while
        history.attempts.remove(before)
        history.busy_polls.append(before)
    assert attested(made, history).fate == "missed"


def test_an_engine_that_answers_with_another_rate_was_not_limited(tmp_path: Path) -> None:
    made, history = limited(tmp_path)
    history.throttled[0] = msgspec.structs.replace(history.throttled[0], in_force=1.0)
    assert attested(made, history).detail == "the engine answered 1/s for support, where 2/s was asked"
    history.throttled[0] = msgspec.structs.replace(history.throttled[0], limit=None, in_force=4000.0)
    assert attested(made, history).detail == "the engine answered 4000/s for support, where 2/s was asked"


def test_an_engine_that_does_not_answer_was_not_limited(tmp_path: Path) -> None:
    made, history = limited(tmp_path)
    history.throttled.clear()
    assert attested(made, history) == Attestation(
        "1.1", "missed", "the engine did not answer with a limit", healed=False
    )
    history.faults_begun.clear()
    assert attested(made, history).healed


def test_a_limit_from_the_first_step_on_has_nothing_to_compare_with(tmp_path: Path) -> None:
    made, history = limited(tmp_path)
    history.throttled = [
        msgspec.structs.replace(one, t=ns(0)) if one.asked is not None else one for one in history.throttled
    ]
    assert attested(made, history).detail == "no step came before it to compare with"


def test_a_limit_that_is_still_there_is_not_healed(tmp_path: Path) -> None:
    made, history = limited(tmp_path)
    assert attested(made, history).healed
    kept = history.throttled[1]
    history.throttled[1] = msgspec.structs.replace(kept, limit=2.0, in_force=2.0)
    assert not attested(made, history).healed
    history.throttled[1] = msgspec.structs.replace(kept, in_force=1.0)
    assert not attested(made, history).healed
    del history.throttled[1]
    assert not attested(made, history).healed


# -- before anything runs

SCENARIO_OF = """\
name: x
load: {tickets: 40, arrival: {rate: 20/s}, priorities: {high: 1}}
desk: {step_time: 100ms, outcomes: {fix_fails: 0}}
systems: {temporal: {processes: 1, threads: 2}}
settle: SETTLE
faults:
  - {kind: engine_limit, when: {after: 1s}, duration: 5s, rate: 2/s}
"""
STEPS = 40 * 7
"""A high ticket has seven steps."""
NEEDED_S = (5 + 0.1) + (STEPS - 2 * 5) * 0.1 / 2 + 7 * 0.1
"""The limit and a step, what it held back by two threads, and the last ticket's walk."""


def test_a_limit_whose_backlog_cannot_drain_while_settling_is_refused(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, SCENARIO_OF.replace("SETTLE", "19s"))
    assert told == (
        f"7:5: settle (line 5): expected at least {NEEDED_S:g} s, as temporal may need so long to recover from this "
        "fault; found 19 s"
    )
    assert scenario_from(tmp_path, SCENARIO_OF.replace("SETTLE", "20s"))


ONE = "faults:\n  - {kind: engine_limit, when: {after: 1s}, duration: 1s, rate: 2/s}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"systems: [sync]\n{ONE}",
            "4:5: expected a system that can take engine_limit (temporal), found only sync",
        ),
        (
            f"systems: {{mine: {{system: temporal, server: external}}}}\n{ONE}",
            "acts on the engine that can be throttled: expected one that the harness started, found the external",
        ),
        ("faults:\n  - {kind: engine_limit, when: {after: 1s}, rate: 2/s}\n", "duration"),
        ("faults:\n  - {kind: engine_limit, when: {after: 1s}, duration: 1s}\n", "rate"),
        ("faults:\n  - {kind: engine_limit, when: {after: 1s}, duration: 1s, rate: 0/s}\n", "rate"),
        ("faults:\n  - {kind: engine_limit, when: {step: close_ticket}, duration: 1s, rate: 2/s}\n", "no place"),
    ],
)
def test_an_impossible_limit_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert any(message in told for told in mistakes(tmp_path, f"name: x\n{text}"))
