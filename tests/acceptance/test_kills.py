"""Workers that end, really: cut off as their grace is over, killed by one ticket again and again, and replaced once."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import Ran, run_scenario

SCENARIO = """
    name: kills
    seed: 3
    load: {tickets: 6, arrival: {rate: 20/s}}
    desk: {step_time: {default: 5ms, agent_investigate: INVESTIGATE}, outcomes: {no_agent: 0}}
    systems:
      sync: {system: sync}
      asked-again: {system: sync, resubmit: {attempts: 3, backoff: 500ms}}
      temporal: {system: temporal, profile: tuned}
    faults:
      - {kind: worker_kill, FAULT}
    settle: 60s
"""
LABELS = ("sync", "asked-again", "temporal")
SYSTEMS = ("sync", "temporal")
"""How a process ends is its system's affair; who asks again plays no part."""


def kill(folder: Path, fault: str, investigate: str = "5ms", labels: tuple[str, ...] = LABELS) -> Ran:
    chosen = [part for label in labels for part in ("--system", label)]
    ran = run_scenario(folder, SCENARIO.replace("FAULT", fault).replace("INVESTIGATE", investigate), *chosen)
    for label in labels:
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
        assert ran.metrics(label)["faults_landed"] == ran.metrics(label)["faults_planned"]
    assert ran.metrics("temporal")["lost"] == 0
    return ran


def fates(ran: Ran, label: str) -> tuple[int, int]:
    (fault,) = ran.repetition(label)["faults"]
    return fault["landed"], fault["preempted"]


def detail(ran: Ran, label: str) -> Any:
    return next(one["detail"] for one in ran.repetition(label)["checks"] if one["name"] == "faults_landed")


def test_what_outlives_its_grace_is_killed_and_cut_off(tmp_path: Path) -> None:
    ran = kill(tmp_path, "when: {after: 1500ms}, signal: TERM, grace: 500ms, target: all", "2s", SYSTEMS)
    for label in SYSTEMS:
        assert fates(ran, label) == (1, 0)
        assert detail(ran, label).count("outlived its grace of 0.5 s and was killed, as a process manager would") >= 1
        assert ran.metrics(label)["interrupted"] >= 1
        resumed = ran.metrics(label)["resume_p50"]
        assert resumed is None or resumed > 0.5  # counted from the TERM, not from the kill
    assert ran.metrics("sync")["lost"] >= 1


def test_a_ticket_kills_whoever_takes_it_up(tmp_path: Path) -> None:
    ran = kill(tmp_path, "when: {step: agent_investigate}, attempts: 2")
    assert {label: fates(ran, label) for label in LABELS} == {"sync": (1, 1), "asked-again": (2, 0), "temporal": (2, 0)}
    assert [ran.metrics(label)["faults_planned"] for label in LABELS] == [1, 2, 2]


@pytest.mark.soak
def test_workers_that_are_told_to_end_twice_are_replaced_once(tmp_path: Path) -> None:
    ran = kill(tmp_path, "when: {after: 1500ms, every: 500ms, times: 2}, signal: TERM, target: all", "4s", SYSTEMS)
    for label in SYSTEMS:
        assert (fates(ran, label), ran.metrics(label)["interrupted"]) == ((2, 0), 0)
        journals = (tmp_path / "reports" / "latest" / label / "1" / "journal").glob("worker-*.jsonl")
        assert len(list(journals)) == 4


FOLLOWED = """
    name: followed
    seed: 3
    load: {tickets: 12, arrival: {rate: 4/s}} # some come after the first kill, whichever worker had the others
    desk: {step_time: {default: 5ms, agent_investigate: 1s, agent_resolve: 1s}, outcomes: {no_agent: 0}}
    systems: {sync: {system: sync}}
    faults:
      - {name: again, kind: worker_kill, when: {fault: first, after: 200ms}}
      - {name: first, kind: worker_kill, when: {step: agent_investigate}}
    settle: 30s
"""


def test_a_worker_is_killed_so_long_after_another_was(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, FOLLOWED)
    assert ran.checks("sync")["faults_landed"] == "valid", detail(ran, "sync")
    again, first = ran.repetition("sync")["faults"]
    assert (again["landed"], first["landed"]) == (1, 1)
    (moment,) = again["moments"]
    assert 0 <= moment["actual"] - moment["planned"] < 0.5
