"""Faults and tickets of single systems, and faults that name the ticket, the step and the visit that they mean."""

from pathlib import Path

from harness.execution.assembly import Assembly
from harness.history.model import History
from harness.judging.repetition import judge
from harness.planning import plan as planning
from harness.planning.plan import Plan
from tests.unit.planning.test_reading import mistakes, scenario_from

TWO = """\
    name: aimed
    load:
      tickets:
        - {priority: medium}
        - {priority: medium, systems: [temporal]}
    faults:
      - {kind: worker_kill, when: {after: 1s}, systems: [temporal]}
      - {kind: activity_failure, step: agent_investigate, tickets: [2]}
"""
TWICE = """\
    name: twice
    desk: {outcomes: {kb_miss: 0, resolution_invalid: 100%}}
    load: {tickets: [{priority: low}]}
"""


def planned(folder: Path, text: str) -> Plan:
    return planning.build(scenario_from(folder, text))


def instances(plan: Plan, label: str, folder: Path) -> list[str]:
    block = next(block for block in plan.scenario.systems if block.label == label)
    of_column = Assembly(planning.of_system(plan, label), block, folder)
    return [instance.id for instance in of_column.fault_instances()]


def test_a_column_gets_its_own_tickets_and_faults_alone(tmp_path: Path) -> None:
    plan = planned(tmp_path, TWO)
    assert [ticket.number for ticket in planning.of_system(plan, "sync").tickets] == [1]
    assert planning.of_system(plan, "temporal").tickets == plan.tickets
    assert instances(plan, "sync", tmp_path) == []
    assert instances(plan, "temporal", tmp_path) == ["1.1", "2.1"]


def test_what_is_not_for_a_column_is_not_missed_there(tmp_path: Path) -> None:
    plan = planned(tmp_path, TWO)
    judged = {
        label: judge(planning.of_system(plan, label), History(label, 1), label).faults for label in ("sync", "temporal")
    }
    assert [fault.not_applicable for fault in judged["sync"]] == [1, 1]
    assert [fault.not_applicable for fault in judged["temporal"]] == [0, 0]


def test_a_plan_says_nothing_of_systems_where_nothing_is_aimed(tmp_path: Path) -> None:
    plain = planned(tmp_path, "name: x\nfaults: [{kind: worker_kill, when: {after: 1s}}]\n")
    assert b'"systems": []' not in planning.encode(plain)
    assert planning.encode(plain).count(b'"systems"') == 1  # the columns themselves
    assert planning.of_system(plain, "sync") is plain


def test_columns_that_there_are_not_are_refused(tmp_path: Path) -> None:
    text = """\
        name: x
        load: {tickets: [{priority: low, systems: [tempral]}]}
        faults:
          - {kind: worker_kill, when: {after: 1s}, systems: [sync, x]}
          - {kind: engine_kill, when: {after: 1s}, systems: [sync]}
    """
    assert mistakes(tmp_path, text) == [
        "2:44: systems: expected one of sync, temporal (did you mean temporal?); found 'tempral'",
        "4:60: systems: expected one of sync, temporal; found 'x'",
        "5:5: expected a system that can take engine_kill (temporal), found only sync",
    ]


def test_a_failure_may_mean_a_later_visit_of_its_step(tmp_path: Path) -> None:
    second = planned(tmp_path, TWICE + "    faults: [{kind: activity_failure, step: notify_customer, visit: 2}]\n")
    (instance,) = second.faults
    (point,) = second.scenario.faults[0].points(instance)
    assert (instance.visit, point.visit) == (2, 2)
    ninth = TWICE + "    faults: [{kind: activity_failure, step: notify_customer, visit: 9}]\n"
    expected = "expected a visit that some planned ticket makes, found 9: none calls notify_customer so often"
    assert [line.partition(" ")[2] for line in mistakes(tmp_path, ninth)] == [expected]


def test_a_note_may_mean_a_ticket_and_a_step(tmp_path: Path) -> None:
    note = "{kind: write_race, race: lost_update, tickets: [2], step: agent_resolve}"
    load = "load: {tickets: [{priority: medium}, {priority: medium}]}\ndesk: {outcomes: {needs_escalation: 0}}"
    (instance,) = planned(tmp_path, f"name: x\n{load}\nfaults: [{note}]\n").faults
    assert (instance.ticket, instance.step, instance.visit) == (2, "agent_resolve", 1)


def test_a_ticket_that_comes_twice_may_be_named(tmp_path: Path) -> None:
    twice = "{kind: write_race, race: duplicate_submit, tickets: [3]}"
    (instance,) = planned(tmp_path, f"name: x\nload: {{tickets: 9}}\nfaults: [{twice}]\n").faults
    assert instance.tickets == (3,)


def test_a_race_refuses_what_it_decides_itself(tmp_path: Path) -> None:
    pair = "name: x\nfaults: [{kind: write_race, race: double_assign, tickets: [1, 2]}]\n"
    door = "name: x\nfaults: [{kind: write_race, race: duplicate_submit, step: agent_resolve}]\n"
    far = "name: x\nload: {tickets: 3}\nfaults: [{kind: write_race, race: duplicate_submit, tickets: [4]}]\n"
    assert [mistakes(tmp_path, text)[0].partition(" ")[2] for text in (pair, door, far)] == [
        "tickets: expected none, as double_assign needs neighbours that go alike; found them",
        "step: expected none, as duplicate_submit is at a place of its own; found agent_resolve",
        "tickets: expected numbers from 1 to 3, as many are planned; found 4",
    ]


def test_a_kill_may_mean_the_worker_that_has_a_ticket(tmp_path: Path) -> None:
    kill = "{kind: worker_kill, when: {after: 1s}, ticket: 2}"
    freeze = "{kind: long_pause, scope: worker, when: {after: 1s}, duration: 1s, ticket: 3}"
    plan = planned(tmp_path, f"name: x\nload: {{tickets: 3}}\nfaults: [{kill}, {freeze}]\n")
    assert [(instance.ticket, instance.step) for instance in plan.faults] == [(2, None), (3, None)]
    assert [fault.points(instance) for fault, instance in zip(plan.scenario.faults, plan.faults, strict=True)] == [
        (),
        (),
    ]


def test_a_ticket_in_place_of_a_step_or_a_target_and_one_that_is_planned(tmp_path: Path) -> None:
    text = """\
        name: x
        load: {tickets: 3}
        faults:
          - {kind: worker_kill, when: {step: assign_agent}, ticket: 2}
          - {kind: worker_kill, when: {after: 1s}, target: all, ticket: 2}
          - {kind: worker_kill, when: {after: 1s}, ticket: 4}
    """
    assert [line.partition(" ")[2] for line in mistakes(tmp_path, text)] == [
        "ticket: does not go with when.step, which names the ticket: expected none, found 2",
        "ticket: does not go with target: expected one of them, found both",
        "ticket: expected a number from 1 to 3, as many are planned; found 4",
    ]
