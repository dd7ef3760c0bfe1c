"""Deeds: what was done is what was planned, and a saved session strikes again what it struck."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.faults.kinds.long_pause import LongPause
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.spec import FaultSpec
from harness.faults.triggers.when import When
from harness.live import orders
from harness.live.deeds import Deeds, Hit, begun
from harness.live.orders import NextStep
from harness.planning import plan as planning
from harness.planning.reading import read
from harness.planning.scenario import Scenario
from harness.planning.writing import write
from systems.desk.model import Priority, Step
from tests.unit.planning.test_reading import scenario_from

BOTH = ("sync", "temporal")
INVESTIGATES = Hit(1, "agent_investigate", 1)
KILL = WorkerKill(line=0, name=None, when=When(after=12.0))


@pytest.fixture
def deeds(tmp_path: Path) -> Deeds:
    """Three tickets, the first of which came ten seconds after the session began."""
    done = Deeds(begun(scenario_from(tmp_path, "name: clicked\nseed: 3\ndesk: {outcomes: {no_agent: 0}}\n")))
    for at_s, labels in ((10.0, BOTH), (11.5, ("temporal",)), (13.0, BOTH)):
        done.next_ticket(Priority.MEDIUM, at_s, labels)
    return done


def struck(deeds: Deeds, number: int, block: Callable[[NextStep], FaultSpec]) -> list[str]:
    """Return the steps of a ticket that a fault by hand can be aimed at."""
    path = deeds.tickets[number - 1].oracle.path
    places = [NextStep(number, Step(passage.step), passage.visit) for passage in path]
    return [at.step.value for at in places if deeds.strikes(block(at), at)]


def saved(deeds: Deeds, folder: Path) -> Scenario:
    path = folder / "saved.yaml"
    path.write_text(write(deeds.repeatable()))
    return read(str(path))[0]


def test_the_plan_that_was_followed_is_the_one_that_its_scenario_gives(deeds: Deeds) -> None:
    deeds.add(KILL, BOTH)
    deeds.add(orders.block(orders.FaultOrder("store"), 14.0, 5.0), ("sync",))
    assert planning.build(deeds.scenario()) == deeds.plan()
    assert [instance.id for instance in deeds.plan().faults] == ["1.1", "2.1"]


def test_a_session_begins_without_a_load_and_without_faults() -> None:
    scenario, _ = read("worker-kill")
    base = begun(scenario)
    assert (base.load.count, base.faults, base.expect, base.repeat) == (0, (), (), 1)
    assert planning.build(base).tickets == ()


def test_saved_time_begins_with_the_first_ticket(deeds: Deeds, tmp_path: Path) -> None:
    deeds.add(orders.block(orders.FaultOrder("store"), 12.25, 5.0), BOTH)
    scenario = saved(deeds, tmp_path)
    assert [ticket.at for ticket in scenario.load.listed] == [0.0, 1.5, 3.0]
    assert [ticket.systems for ticket in scenario.load.listed] == [(), ("temporal",), ()]
    assert scenario.faults[0].when.after == 2.25  # type: ignore[attr-defined]


def test_a_kill_that_hit_a_step_strikes_that_step_again(deeds: Deeds, tmp_path: Path) -> None:
    deeds.add(KILL, BOTH).hits = dict.fromkeys(BOTH, (INVESTIGATES,))
    (kill,) = saved(deeds, tmp_path).faults
    assert isinstance(kill, WorkerKill)
    assert kill.when == When(step=Step.AGENT_INVESTIGATE, occurrence=1)
    assert (kill.target, kill.systems) == ("owner", msgspec.UNSET)


def test_a_kill_that_hit_different_steps_becomes_a_block_for_each(deeds: Deeds, tmp_path: Path) -> None:
    other = Hit(3, "agent_investigate", 1)
    deeds.add(KILL, BOTH).hits = {"sync": (INVESTIGATES,), "temporal": (other,)}
    first, second = saved(deeds, tmp_path).faults
    assert (first.systems, second.systems) == (("sync",), ("temporal",))
    assert (first.when.occurrence, second.when.occurrence) == (1, 3)  # type: ignore[attr-defined]


def test_a_kill_of_an_idle_worker_keeps_its_moment(deeds: Deeds, tmp_path: Path) -> None:
    deeds.add(KILL, BOTH).hits = {"sync": (), "temporal": ()}
    (kill,) = saved(deeds, tmp_path).faults
    assert kill.when == When(after=2.0)  # type: ignore[attr-defined]


def test_a_step_that_was_killed_twice_is_one_block_with_two_attempts(deeds: Deeds, tmp_path: Path) -> None:
    for at_s in (12.0, 14.0):
        again = msgspec.structs.replace(KILL, when=When(after=at_s))
        deeds.add(again, BOTH).hits = dict.fromkeys(BOTH, (INVESTIGATES,))
    (kill,) = saved(deeds, tmp_path).faults
    assert kill.failures() == 2


def test_a_step_that_no_planned_path_has_keeps_its_moment(deeds: Deeds, tmp_path: Path) -> None:
    replaced = Hit(1, "assign_agent", 2)  # after a silent agent
    deeds.add(KILL, BOTH).hits = dict.fromkeys(BOTH, (replaced,))
    (kill,) = saved(deeds, tmp_path).faults
    assert isinstance(kill, WorkerKill)
    assert (kill.when, kill.ticket) == (When(after=2.0), 1)


def test_a_kill_of_whoever_had_a_ticket_strikes_whoever_has_it(deeds: Deeds, tmp_path: Path) -> None:
    deeds.add(KILL, BOTH).hits = dict.fromkeys(BOTH, (Hit(1, "", 0),))
    (kill,) = saved(deeds, tmp_path).faults
    assert isinstance(kill, WorkerKill)
    assert (kill.when, kill.ticket, kill.target) == (When(after=2.0), 1, "one")


def test_a_pause_lasts_as_long_as_it_lasted_and_begins_in_the_step_that_it_hit(deeds: Deeds, tmp_path: Path) -> None:
    deed = deeds.add(orders.pause((1, 3), 12.0, 0.001), BOTH)
    deed.hits = dict.fromkeys(BOTH, (INVESTIGATES,))
    deeds.lasted(1, 1, 4.5)
    deeds.lasted(1, 3, 2.25)
    deeds.lasted(1, 1, 5.0)  # in the other system
    (done,) = deeds.scenario().faults
    assert isinstance(done, LongPause)
    assert done.duration == 2.25
    first, second = saved(deeds, tmp_path).faults
    assert isinstance(first, LongPause)
    assert isinstance(second, LongPause)
    assert (first.duration, first.when) == (4.5, When(step=Step.AGENT_INVESTIGATE))
    assert (second.duration, second.when, second.tickets) == (2.25, When(after=2.0), (3,))


def ordered(fault: str) -> Callable[[NextStep], FaultSpec]:
    return lambda at: orders.block(orders.FaultOrder(fault, ticket="T-0001"), 1.0, 4.0, at)  # type: ignore[arg-type]


def test_a_fault_is_aimed_at_the_steps_that_it_can_strike_and_no_others(tmp_path: Path) -> None:
    wrong = begun(
        scenario_from(tmp_path, "name: x\ndesk: {outcomes: {kb_miss: 0, resolution_invalid: 1, no_agent: 0}}\n")
    )
    deeds = Deeds(wrong)
    path = [passage.step for passage in deeds.next_ticket(Priority.LOW, 0.0, BOTH).oracle.path]
    assert path.count("notify_customer") == 3
    assert struck(deeds, 1, ordered("fail")) == path
    assert struck(deeds, 1, ordered("silence")) == ["agent_resolve"]
    # A note goes between the first step and the last, to a step that its name alone tells from the others.
    assert struck(deeds, 1, orders.note) == [step for step in path[1:-1] if step != "notify_customer"]
