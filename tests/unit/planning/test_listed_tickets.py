"""A load whose tickets are listed: each with its priority and its moment, in place of a number and a rate."""

from pathlib import Path

import pytest

from harness.planning import capacity, plan
from harness.planning.estimate import estimate_s
from harness.planning.scenario import ArrivingTicket, Load, Priorities
from harness.processes import open_files
from systems.desk.model import Priority
from tests.unit.planning.test_reading import mistakes, scenario_from

THREE = """\
    name: listed
    load:
      tickets:
        - {at: 2s, priority: high}
        - {priority: low}
        - {at: 500ms, priority: medium}
    systems: [sync]
"""

EITHER = "a whole number of at least 1 or a list of a mapping with priority, at, systems"


def load_of(*arrivals_s: float, timeout_s: float = 60.0) -> Load:
    return Load(tickets=tuple(ArrivingTicket(Priority.LOW, at) for at in arrivals_s), timeout=timeout_s)


def test_tickets_keep_their_number_in_the_list_and_are_planned_by_arrival(tmp_path: Path) -> None:
    scenario = scenario_from(tmp_path, THREE)
    planned = [(ticket.number, ticket.arrival_s, ticket.priority) for ticket in plan.tickets(scenario, 7)]
    assert planned == [(2, 0.0, "low"), (3, 0.5, "medium"), (1, 2.0, "high")]
    assert (scenario.load.count, scenario.load.priorities) == (3, Priorities(1, 1, 1))
    assert scenario.desk.agents.regular == 6


def test_a_listed_ticket_has_the_oracle_that_a_drawn_one_of_its_number_has(tmp_path: Path) -> None:
    drawn = plan.build(scenario_from(tmp_path, "name: x\nload: {tickets: 12}\nsystems: [sync]\n"))
    listed = "".join(f"\n    - {{at: {ticket.arrival_s}s, priority: {ticket.priority}}}" for ticket in drawn.tickets)
    repeated = plan.build(scenario_from(tmp_path, f"name: x\nload:\n  tickets:{listed}\nsystems: [sync]\n"))
    assert repeated.tickets == drawn.tickets


def test_a_plan_with_listed_tickets_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    planned = plan.build(scenario_from(tmp_path, THREE))
    assert plan.decode(plan.encode(planned)) == planned


def test_a_fault_means_the_nth_ticket_by_arrival(tmp_path: Path) -> None:
    later_first = "load: {tickets: [{at: 2s, priority: low}, {at: 1s, priority: low}]}"
    kill = "faults: [{kind: worker_kill, when: {step: send_auto_response}}]"
    planned = plan.build(scenario_from(tmp_path, f"name: x\n{later_first}\nsystems: [sync]\n{kill}\n"))
    assert [instance.ticket for instance in planned.faults] == [2]


def test_every_mistake_in_a_list_is_named_with_its_place(tmp_path: Path) -> None:
    text = """\
        name: x
        load:
          arrival: all_at_once
          priorities: {low: 1}
          tickets:
            - {at: 2, priority: hgih}
            - {at: 500ms}
            - 7
            - {priority: low, seed: 3}
    """
    assert mistakes(tmp_path, text) == [
        "3:12: load.arrival: expected none beside a list of tickets, each of which says it; found it",
        "4:15: load.priorities: expected none beside a list of tickets, each of which says it; found it",
        "6:12: load.tickets[0].at: expected a duration with a unit, such as 500ms, 2s, 5m; found 2",
        "6:25: load.tickets[0].priority: expected one of low, medium, high (did you mean high?); found 'hgih'",
        "7:7: load.tickets[1] requires the key 'priority': expected one of low, medium, high; found none",
        "8:7: load.tickets[2]: expected a mapping, found 7",
        "9:23: unknown key: expected one of priority, at, systems; found 'seed'",
    ]


@pytest.mark.parametrize(
    ("tickets", "found"),
    [
        ("[]", "load.tickets: expected 1 to 1000000 tickets, found none"),
        ("{high: 3}", f"load.tickets: expected {EITHER}; found a mapping"),
    ],
)
def test_neither_a_number_nor_a_list_with_tickets_is_refused(tmp_path: Path, tickets: str, found: str) -> None:
    assert mistakes(tmp_path, f"name: x\nload: {{tickets: {tickets}}}\n") == [f"2:17: {found}"]


def test_the_rate_of_listed_tickets_is_their_average_and_a_burst_has_none() -> None:
    assert load_of(1.0, 2.0, 3.0, 5.0).rate == 0.75
    assert load_of(1.0, 1.0).rate is None
    assert load_of(4.0).rate is None
    assert load_of(4.0, 1.0).last_arrival_s == 4.0


def test_the_last_of_listed_tickets_waits_for_those_that_came_with_it(tmp_path: Path) -> None:
    (block,) = scenario_from(tmp_path, "name: x\nsystems: {sync: {processes: 1, threads: 1}}\n").systems
    asked = capacity.Work((2.0,), 1.0)  # each holds the only thread for two seconds
    assert capacity.last_wait_s(block, load_of(0.0, 2.0, 4.0), asked) == 0.0
    assert capacity.last_wait_s(block, load_of(0.0, 100.0, 100.0, 100.0), asked) == 4.0
    assert capacity.load_ends_s(block, load_of(0.0, 100.0, 100.0, 100.0), asked) == 106.0


def test_listed_tickets_take_as_long_as_their_last_arrival_says(tmp_path: Path) -> None:
    text = "name: x\nload: {{tickets: [{{priority: low}}, {{at: {at}s, priority: low}}]}}\nsystems: [sync]\n"
    early, late = (scenario_from(tmp_path, text.format(at=at)) for at in (1, 31))
    assert estimate_s(late) == pytest.approx(estimate_s(early) + 30)


def test_as_many_files_are_needed_as_submissions_may_wait_at_once(tmp_path: Path) -> None:
    text = "name: x\nload:\n  timeout: 5s\n  tickets: [{tickets}]\nsystems: [sync]\n"
    listed = ", ".join(f"{{at: {at}s, priority: low}}" for at in (0, 1, 2, 60, 63))
    scenario = scenario_from(tmp_path, text.replace("{tickets}", listed))
    assert open_files.needed(scenario) == open_files.BASE + 3
