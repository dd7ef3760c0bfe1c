"""A plan is a pure function of scenario and seed, byte for byte, everywhere."""

from collections import Counter
from pathlib import Path

import pytest

from harness.planning import plan as planning
from harness.planning.plan import build
from harness.planning.reading import read
from harness.planning.reading.bundled import bundled
from systems.desk.model import Priority, Ticket
from systems.desk.path import oracle
from tests.support.chaos import chaos

ELSEWHERE = [
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "77", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu"},
    {"PYTHONHASHSEED": "random", "LANG": "de_DE.UTF-8", "TZ": "America/Los_Angeles", "PYTHONUTF8": "0"},
]


def test_the_same_seed_gives_the_same_bytes_in_every_surrounding() -> None:
    plans = {chaos("plan", "worker-kill", "--seed", "7", env=env).out for env in ELSEWHERE}
    assert len(plans) == 1
    assert plans != {chaos("plan", "worker-kill", "--seed", "8").out}


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.stem)
def test_a_plan_survives_being_written_and_read(path: Path) -> None:
    plan = build(read(str(path))[0])
    assert planning.decode(planning.encode(plan)) == plan
    assert planning.sha256(planning.decode(planning.encode(plan))) == planning.sha256(plan)


def planned(folder: Path, text: str, seed: int = 1) -> planning.Plan:
    path = folder / "s.yaml"
    path.write_text(f"name: x\n{text}")
    return build(read(str(path), seed=seed)[0])


@pytest.mark.parametrize(
    ("tickets", "counts"),
    [(10, (5, 3, 2)), (40, (20, 12, 8)), (1, (1, 0, 0)), (7, (4, 2, 1)), (11, (6, 3, 2))],
)
def test_priorities_are_met_by_largest_remainder(tmp_path: Path, tickets: int, counts: tuple[int, ...]) -> None:
    plan = planned(tmp_path, f"load: {{tickets: {tickets}}}\n")
    found = Counter(ticket.priority for ticket in plan.tickets)
    assert tuple(found[priority] for priority in Priority) == counts


def test_arrivals_follow_the_load(tmp_path: Path) -> None:
    rated = planned(tmp_path, "load: {tickets: 3, arrival: {rate: 4/s}}\n")
    assert [t.arrival_s for t in rated.tickets] == [0.0, 0.25, 0.5]
    assert [t.arrival_s for t in planned(tmp_path, "load: {tickets: 2, arrival: all_at_once}\n").tickets] == [0.0, 0.0]
    assert {t.arrival_s for t in planned(tmp_path, "load: {arrival: {concurrency: 2}}\n").tickets} == {None}


def test_a_step_trigger_means_the_nth_ticket_by_arrival_whose_path_has_the_step(tmp_path: Path) -> None:
    text = "faults: [{kind: worker_kill, when: {step: apply_urgent_fix, occurrence: 3}}]\n"
    plan = planned(tmp_path, text)
    urgent = [t.number for t in plan.tickets if any(p.step == "apply_urgent_fix" for p in t.oracle.path)]
    (instance,) = plan.faults
    assert (instance.id, instance.ticket, instance.window) == ("1.1", urgent[2], "before_effect")


def test_timed_faults_repeat_as_told(tmp_path: Path) -> None:
    plan = planned(tmp_path, "faults: [{kind: worker_kill, when: {after: 2s, every: 3s, times: 3}}]\n")
    assert [(one.id, one.at_s) for one in plan.faults] == [("1.1", 2.0), ("1.2", 5.0), ("1.3", 8.0)]


def test_a_share_chooses_the_nearest_number_of_passing_tickets_and_another_seed_others(tmp_path: Path) -> None:
    text = "faults: [{kind: activity_failure, step: close_ticket, tickets: {share: 30%}}]\n"
    first, second = (planned(tmp_path, text, seed) for seed in (1, 2))
    assert len(first.faults) == len(second.faults) == 12
    assert [one.ticket for one in first.faults] != [one.ticket for one in second.faults]


def test_repetitions_have_seeds_of_their_own_and_the_first_has_the_scenarios(tmp_path: Path) -> None:
    scenario = planned(tmp_path, "seed: 5\n", 5).scenario
    seeds = [planning.for_repetition(scenario, number).seed for number in (1, 2, 3)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3
    assert seeds == [planning.repetition_seed(5, number) for number in (1, 2, 3)]


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_tickets_that_are_asked_alike_share_the_oracle_that_each_would_have(tmp_path: Path, share: float) -> None:
    names = ("kb_miss", "resolution_invalid", "no_agent", "needs_escalation", "escalation_rejected", "fix_fails")
    outcomes = ", ".join(f"{name}: {share}" for name in names)
    plan = planned(tmp_path, f"load: {{tickets: 400}}\ndesk: {{outcomes: {{{outcomes}}}}}\nsystems: [sync]\n")
    drawn = plan.scenario.desk.outcomes
    alone = [oracle(Ticket(one.number, Priority(one.priority)), drawn, plan.seed) for one in plan.tickets]
    assert [one.oracle for one in plan.tickets] == alone
    assert len({id(one.oracle) for one in plan.tickets}) < 25
