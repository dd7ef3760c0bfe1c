"""Write races, from literal histories: what proves that two writers met, and what speaks against it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.errors import ScenarioInvalid
from harness.faults.kinds.write_race import WriteRace
from harness.faults.races.race_assign import AssignRace
from harness.faults.spec import Attestation, FaultInstance
from harness.history.model import History
from harness.history.run_records import OperatorRead, OperatorWrote, Submitted
from harness.judging.evidence import Evidence
from harness.judging.metrics.races import MEASURES
from harness.planning.plan import Plan
from systems.desk.records import PointReached, PointReleased
from systems.desk.rows import AuditRow
from tests.support.histories import healthy, in_order, ns, plan, tries

NOTE = """
faults:
  - {kind: write_race, race: RACE}
"""
WRITER = "operator.1.1"
Break = Callable[[History], object]


def attested(made: Plan, history: History) -> Attestation:
    (instance,) = made.faults
    return made.scenario.faults[0].attest(instance, history)


def noted(folder: Path, race: str) -> tuple[Plan, History]:
    """The flow's attempt of the planned step stands before its write; the operator reads the same, and both write.

    In a lost_update the operator writes first, in a stale_write last; nothing guards either.
    """
    made = plan(folder, NOTE.replace("RACE", race))
    history = healthy(made)
    (instance,) = made.faults
    ticket = instance.tickets[0]
    (mine,) = tries(history, ticket, str(instance.step))
    row = next(one for one in history.audit if one.writer == mine.id and one.table == "tickets")
    saw, start = row.read_version or 0, mine.started
    place = (mine.id, ticket, mine.step, mine.visit, "before_record")
    history.points.append((mine.proc, PointReached(0, start + 1000, "1.1.before.1", *place, saw=str(saw))))
    history.operator_read.append(OperatorRead(0, start + 2000, "1.1", ticket, saw))
    is_operator_first = race == "lost_update"
    wrote = start + 3000 if is_operator_first else row.at + 1000
    history.released.append((mine.proc, PointReleased(0, start + 4000, "1.1.before.1", mine.id)))
    history.operator_wrote.append(OperatorWrote(0, wrote, "1.1", ticket, WRITER, "note", "written"))
    put_between(history, row, wrote, is_operator_first=is_operator_first)
    return made, history


def put_between(history: History, row: AuditRow, at: int, *, is_operator_first: bool) -> None:
    """Write the operator's row before or after the flow's; who came second had read too old a version."""
    old, new = row.old_version or 0, row.new_version
    if is_operator_first:
        mine = AuditRow(0, "tickets", row.row, old, new, old, WRITER, at, "open")
        late = msgspec.structs.replace(row, old_version=new, new_version=new + 1)
    else:
        mine = AuditRow(0, "tickets", row.row, new, new + 1, old, WRITER, at, "open")
        late = row
    rest = [
        msgspec.structs.replace(
            one,
            old_version=(one.old_version or 0) + 1,
            new_version=one.new_version + 1,
            read_version=(one.read_version or 0) + 1,
        )
        if (one.table, one.row) == ("tickets", row.row) and one.at > row.at
        else one
        for one in history.audit
        if one is not row
    ]
    history.audit = [*rest, mine, late]
    in_order(history)


@pytest.mark.parametrize("race", ["lost_update", "stale_write"])
def test_flow_and_operator_who_read_the_same_version_met(tmp_path: Path, race: str) -> None:
    made, history = noted(tmp_path, race)
    seen = attested(made, history)
    assert (seen.fate, seen.tickets) == ("landed", made.faults[0].tickets)
    assert seen.detail.endswith("the operator's note: written")


@pytest.mark.parametrize(("race", "metric"), [("lost_update", "lost_updates"), ("stale_write", "stale_writes")])
def test_the_write_that_was_based_on_an_old_version_counts_once_and_in_one_place(
    tmp_path: Path, race: str, metric: str
) -> None:
    made, history = noted(tmp_path, race)
    evidence = Evidence(made, history, {"1.1": attested(made, history)})
    names = ("lost_updates", "stale_writes", "double_assignments")
    assert {name: MEASURES[name].figure(evidence) for name in names} == {
        "lost_updates": 0,
        "stale_writes": 0,
        "double_assignments": 0,
        metric: 1,
    }


@pytest.mark.parametrize(
    ("break_it", "doubt"),
    [
        (lambda history: history.points.clear(), "came to the meeting"),
        (lambda history: history.released.clear(), "did not meet in time"),
        (lambda history: history.operator_wrote.clear(), "did not meet in time"),
        (
            lambda history: history.operator_read.append(
                msgspec.structs.replace(history.operator_read.pop(), version=9)
            ),
            "the operator 9",
        ),
        (
            lambda history: history.operator_wrote.append(
                msgspec.structs.replace(history.operator_wrote.pop(), outcome="ended")
            ),
            "the ticket had ended before the operator wrote",
        ),
    ],
)
def test_a_note_that_did_not_meet_the_flow_is_missed(tmp_path: Path, break_it: Break, doubt: str) -> None:
    made, history = noted(tmp_path, "lost_update")
    break_it(history)
    seen = attested(made, history)
    assert seen.fate == "missed"
    assert doubt in seen.detail


def test_the_order_of_the_writes_is_proven_too(tmp_path: Path) -> None:
    made, history = noted(tmp_path, "stale_write")
    history.operator_wrote[0] = msgspec.structs.replace(history.operator_wrote[0], t=history.points[0][1].t)
    assert attested(made, history).detail == "the flow had not written when the operator did"
    made, history = noted(tmp_path, "lost_update")
    history.operator_wrote[0] = msgspec.structs.replace(history.operator_wrote[0], t=ns(1000))
    assert attested(made, history).detail == "the flow went on before the operator had written"


# -- two tickets and one agent


def test_two_tickets_that_were_offered_the_same_agent_met() -> None:
    instance = FaultInstance("1.1", 1, "write_race", step="assign_agent", tickets=(1, 4), offer=5)
    history = History("sync", 1)
    for side, ticket, at in (("a", 1, 40), ("b", 4, 45)):
        place = (f"x.{ticket}", ticket, "assign_agent", 1, "offered")
        history.points.append(("p", PointReached(0, ns(at), f"1.1.{side}.1", *place, saw="R-009 version 1")))
        history.released.append(("p", PointReleased(0, ns(50), f"1.1.{side}.1", f"x.{ticket}")))
    seen = AssignRace().attest(instance, history)
    assert seen == Attestation("1.1", "landed", "both were offered R-009 version 1", ns(45), (), (1, 4), healed=True)
    history.released[0] = ("p", msgspec.structs.replace(history.released[0][1], t=ns(42)))
    assert AssignRace().attest(instance, history).detail == "the two did not meet in time"
    history.points[1] = ("p", msgspec.structs.replace(history.points[1][1], saw="R-010 version 1"))
    history.released[0] = ("p", msgspec.structs.replace(history.released[0][1], t=ns(50)))
    assert "the other R-010" in AssignRace().attest(instance, history).detail
    history.points.pop()
    assert AssignRace().attest(instance, history).detail == "1 of 2 tickets came to the meeting"


# -- one ticket, twice


def test_a_ticket_that_was_sent_again_before_it_was_answered_came_twice_at_once(tmp_path: Path) -> None:
    made = plan(tmp_path, "\nfaults:\n  - {kind: write_race, race: duplicate_submit}\n")
    (ticket,) = made.faults[0].tickets
    history = healthy(made)
    assert attested(made, history).detail == "the ticket was sent 1 times"
    sent = next(one for one in history.submitted if one.ticket == ticket)
    history.submitted.append(Submitted(0, sent.t + 10, ticket, 1, sent.planned))
    assert attested(made, history) == Attestation(
        "1.1", "landed", "both were sent before either was answered", sent.t + 10, (), (ticket,), healed=True
    )
    place = ("r", ticket, "", 1, "opening")
    history.points.append(("p", PointReached(0, sent.t + 20, "1.1.door.1", *place, saw="")))
    assert attested(made, history).detail == "the two did not meet at the door in time"
    history.submitted[-1] = Submitted(0, ns(5000), ticket, 1, sent.planned)
    assert attested(made, history).detail == "the first was answered before the second was sent"


# -- what is refused before anything starts


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("faults: [{kind: write_race, race: duplicate_submit, pairs: 5}]", "pairs: expected at most 4"),
        ("faults: [{kind: write_race, race: double_assign, first: flow}]", "double_assign has no operator"),
        ("faults: [{kind: write_race, race: duplicate_submit, first: flow}]", "expected none, .*; found flow"),
    ],
)
def test_an_impossible_race_is_refused(tmp_path: Path, rest: str, message: str) -> None:
    with pytest.raises(ScenarioInvalid, match=message):
        plan(tmp_path, f"\n{rest}\n")


def test_the_plan_of_a_stale_write_says_that_the_flow_writes_first(tmp_path: Path) -> None:
    (race,) = plan(tmp_path, "\nfaults: [{kind: write_race, race: stale_write}]\n").scenario.faults
    assert isinstance(race, WriteRace)
    assert race.first == "flow"


def test_a_race_without_room_for_two_is_refused(tmp_path: Path) -> None:
    from harness.planning.reading import read  # noqa: PLC0415

    path = tmp_path / "one.yaml"
    path.write_text(
        "name: x\nsystems: {sync: {system: sync, processes: 1, threads: 1}}\n"
        "faults: [{kind: write_race, race: duplicate_submit}]\n"
    )
    with pytest.raises(
        ScenarioInvalid, match=r"expected room for two steps at once, .*; found 1 process with 1 thread in sync"
    ):
        read(str(path))


def test_an_engine_that_the_harness_did_not_start_is_not_killed(tmp_path: Path) -> None:
    from harness.planning.reading import read  # noqa: PLC0415

    path = tmp_path / "external.yaml"
    path.write_text(
        "name: x\nsystems: {temporal: {system: temporal, server: external}}\n"
        "faults: [{kind: engine_kill, when: {after: 1s}}]\n"
    )
    with pytest.raises(
        ScenarioInvalid, match="expected one that the harness started, found the external server of temporal"
    ):
        read(str(path))
