"""What a repetition is made of follows from the plan, the system's block and the folder alone."""

from pathlib import Path

import pytest

from harness.execution.assembly import DEFAULT_GRACE_S, KILL_FIRST_S, MEETING_DEADLINE_S, Assembly
from harness.planning import plan as planning
from harness.planning.reading import read
from tests.support.chaos import write_scenario

SCENARIO = """
    name: assembled
    load: {tickets: 12, arrival: all_at_once}
    systems:
      plain: {system: sync}
      guarded: {system: sync, safeguards: {idempotency: true}}
      durable: {system: temporal}
    faults: [FAULTS]
"""
RACE = "{kind: write_race, race: lost_update, pairs: 2}"
ENGINE = "{kind: engine_kill, when: {after: 1s}}"
GRACEFUL = "{kind: worker_kill, when: {after: 1s}, signal: TERM, grace: 3s}"
LOST = "{kind: answer_lost, tickets: [2], attempts: 2}"


def assembled(folder: Path, *faults: str, label: str = "plain") -> Assembly:
    scenario, _ = read(str(write_scenario(folder, SCENARIO.replace("FAULTS", ", ".join(faults)))))
    (block,) = (one for one in scenario.systems if one.label == label)
    return Assembly(planning.build(scenario), block, folder / label)


def test_nothing_is_written_by_it(tmp_path: Path) -> None:
    parts = assembled(tmp_path)
    parts.worker_spec("sqlite:///x", "http://y")
    parts.receiver_spec()
    assert not parts.folder.exists()


def test_the_tickets_are_the_plans_and_canaries_are_none_of_them(tmp_path: Path) -> None:
    parts = assembled(tmp_path)
    assert sorted(parts.tickets()) == list(range(1, 13))
    assert not {one.number for one in parts.canaries()} & set(parts.tickets())


def test_a_system_is_given_only_the_faults_that_it_can_take(tmp_path: Path) -> None:
    faults = (ENGINE, GRACEFUL)
    assert {one.fault for one in assembled(tmp_path, *faults).fault_instances()} == {2}
    assert {one.fault for one in assembled(tmp_path, *faults, label="durable").fault_instances()} == {1, 2}


@pytest.mark.parametrize(("faults", "grace_s"), [((), DEFAULT_GRACE_S), ((GRACEFUL,), 3.0)])
def test_a_worker_drains_longer_than_whoever_asks_it_to_leave_waits(
    tmp_path: Path, faults: tuple[str, ...], grace_s: float
) -> None:
    assert assembled(tmp_path, *faults).worker_spec("", "").grace_s == grace_s + KILL_FIRST_S


@pytest.mark.parametrize("label", ["plain", "durable"])
def test_writers_wait_for_each_other_no_longer_than_their_system_is_patient(tmp_path: Path, label: str) -> None:
    meetings = assembled(tmp_path, RACE, label=label).rendezvous()
    assert meetings
    assert {0 < one.deadline_s <= MEETING_DEADLINE_S for one in meetings} == {True}


def test_answers_are_dropped_of_the_tickets_that_were_chosen_for_it(tmp_path: Path) -> None:
    assert assembled(tmp_path, LOST).dropped_answers() == {2: ("1.1", 2)}
    assert assembled(tmp_path, RACE).dropped_answers() == {}


def test_the_receiver_tells_repeats_apart_where_the_block_says_so(tmp_path: Path) -> None:
    assert "--idempotency" not in assembled(tmp_path).receiver_spec().argv
    assert "--idempotency" in assembled(tmp_path, label="guarded").receiver_spec().argv
