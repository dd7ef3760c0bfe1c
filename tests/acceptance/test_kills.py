"""Workers that end, really: cut off as their grace is over, killed by one ticket again and again, and replaced once."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import Ran, only, run_scenario

CUT_OFF = ("sync-cut-off", "temporal-cut-off")
POISONED = ("sync-poisoned", "asked-again-poisoned", "temporal-poisoned")
FOLLOWED = "sync-followed"
EVERY = (*CUT_OFF, *POISONED, FOLLOWED)
FEW = tuple(label for label in EVERY if label not in {"sync-poisoned", "temporal-poisoned"})
"""Without those whose client does not ask again, and whose engine does so by itself."""
SCENARIO = f"""
    name: kills
    seed: 3
    load:
      tickets:
        - {{priority: medium, systems: [{", ".join(CUT_OFF)}]}}
        - {{priority: medium, systems: [{", ".join(CUT_OFF)}]}}
        - {{priority: low, systems: [{", ".join(POISONED)}]}}
        FOLLOWED
    desk: {{step_time: {{default: 5ms, agent_investigate: 2s, agent_resolve: 1s}}, outcomes: {{no_agent: 0}}}}
    systems:
      sync-cut-off: {{system: sync, processes: 1}}
      temporal-cut-off: {{system: temporal, processes: 1, profile: tuned_engine}}
      sync-poisoned: {{system: sync, processes: 1}}
      asked-again-poisoned: {{system: sync, resubmit: {{attempts: 3, backoff: 500ms}}}}
      temporal-poisoned: {{system: temporal, processes: 1, profile: tuned_engine}}
      sync-followed: {{system: sync}}
    faults:
      - kind: worker_kill
        when: {{after: 1500ms}}
        signal: TERM
        grace: 500ms
        target: all
        systems: [{", ".join(CUT_OFF)}]
      - kind: worker_kill
        when: {{step: search_knowledge_base}}
        attempts: 2
        restart_after: 100ms
        systems: [{", ".join(POISONED)}]
      - {{name: again, kind: worker_kill, when: {{fault: first, after: 200ms}}, systems: [{FOLLOWED}]}}
      - {{name: first, kind: worker_kill, when: {{step: assign_agent, occurrence: 6}}, systems: [{FOLLOWED}]}}
    settle: 60s
""".replace(
    "FOLLOWED",  # some come after the first kill, whichever worker had the others
    "\n        ".join(f"- {{priority: medium, at: {150 * n}ms, systems: [{FOLLOWED}]}}" for n in range(10)),
)
TWICE = """
    name: told-twice
    seed: 3
    load: {tickets: 6, arrival: {rate: 20/s}}
    desk: {step_time: {default: 5ms, agent_investigate: 4s}, outcomes: {no_agent: 0}}
    systems:
      sync: {system: sync}
      temporal: {system: temporal, profile: tuned}
    faults:
      - {kind: worker_kill, when: {after: 1500ms, every: 500ms, times: 2}, signal: TERM, target: all}
    settle: 60s
"""


AFTER_CLIENTS = """
    name: after-clients
    seed: 3
    load: {tickets: 10, arrival: {rate: 10/s}}
    desk: {step_time: 40ms, outcomes: {no_agent: 0}}
    systems:
      sync: {system: sync}
    faults:
      - {kind: answer_lost, name: gone, tickets: [1]}
      - {kind: worker_kill, when: {fault: gone, after: 50ms}}
      - {kind: write_race, race: duplicate_submit, name: twice, tickets: [9]}
      - {kind: worker_kill, when: {fault: twice, after: 100ms}}
    settle: 60s
"""


def kill(folder: Path, scenario: str, labels: tuple[str, ...]) -> Ran:
    ran = run_scenario(folder, scenario, *only(labels))
    for label in (one for one in labels if one != FOLLOWED):
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
        assert ran.metrics(label)["faults_landed"] == ran.metrics(label)["faults_planned"]
        assert ran.metrics(label)["lost"] == 0 or not label.startswith("temporal")
    return ran


def fates(ran: Ran, label: str, number: int = 1) -> tuple[int, int]:
    fault = ran.repetition(label)["faults"][number - 1]
    return fault["landed"], fault["preempted"]


def detail(ran: Ran, label: str) -> Any:
    return next(one["detail"] for one in ran.repetition(label)["checks"] if one["name"] == "faults_landed")


@pytest.mark.parametrize("labels", [FEW, pytest.param(EVERY, marks=pytest.mark.soak)], ids=["few", "every"])
def test_workers_are_cut_off_as_their_grace_is_over_and_by_one_ticket_each_and_so_long_after_another(
    tmp_path: Path, labels: tuple[str, ...]
) -> None:
    ran = kill(tmp_path, SCENARIO, labels)
    assert_what_outlives_its_grace_is_killed_and_cut_off(ran)
    assert_a_ticket_kills_whoever_takes_it_up(ran, [label for label in POISONED if label in labels])
    assert_a_worker_is_killed_so_long_after_another_was(ran)


def assert_what_outlives_its_grace_is_killed_and_cut_off(ran: Ran) -> None:
    for label in CUT_OFF:
        assert fates(ran, label) == (1, 0)
        assert detail(ran, label).count("outlived its grace of 0.5 s and was killed, as a process manager would") >= 1
        assert ran.metrics(label)["interrupted"] >= 1
        resumed = ran.metrics(label)["resume_p50"]
        assert resumed is None or resumed > 0.5  # counted from the TERM, not from the kill
    assert ran.metrics("sync-cut-off")["lost"] >= 1


def assert_a_ticket_kills_whoever_takes_it_up(ran: Ran, labels: list[str]) -> None:
    """Nobody takes it up again where nobody asks again."""
    seen = {label: (fates(ran, label, 2), ran.metrics(label)["faults_planned"]) for label in labels}
    assert seen == {label: ((1, 1), 1) if label == "sync-poisoned" else ((2, 0), 2) for label in labels}


def assert_a_worker_is_killed_so_long_after_another_was(ran: Ran) -> None:
    assert ran.checks(FOLLOWED)["faults_landed"] == "valid", detail(ran, FOLLOWED)
    again, first = ran.repetition(FOLLOWED)["faults"][2:]
    assert (again["landed"], first["landed"]) == (1, 1)
    (moment,) = again["moments"]
    assert 0 <= moment["actual"] - moment["planned"] < 0.5


def test_a_worker_is_killed_so_long_after_what_clients_did_too(tmp_path: Path) -> None:
    """An answer that they do not get, and a ticket that they send twice where nobody stands at the door."""
    ran = run_scenario(tmp_path, AFTER_CLIENTS)
    faults = ran.repetition("sync")["faults"]
    assert [fault["landed"] for fault in faults] == [1, 1, 1, 1], detail(ran, "sync")
    for fault in faults[1::2]:
        (moment,) = fault["moments"]
        assert 0 <= moment["actual"] - moment["planned"] < 0.5


@pytest.mark.soak
def test_workers_that_are_told_to_end_twice_are_replaced_once(tmp_path: Path) -> None:
    labels = ("sync", "temporal")
    ran = kill(tmp_path, TWICE, labels)
    for label in labels:
        assert (fates(ran, label), ran.metrics(label)["interrupted"]) == ((2, 0), 0)
        journals = (tmp_path / "reports" / "latest" / label / "1" / "journal").glob("worker-*.jsonl")
        assert len(list(journals)) == 4
