"""engine_kill: the engine dies under load, nothing that it acknowledged is lost, and standing still is counted."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import Ran, asked, latest, run_scenario, write_scenario

KILL = """
    name: engine
    load: {tickets: TICKETS, arrival: all_at_once}
    desk: {step_time: 50ms}
    systems:
      sync: {system: sync, processes: 1}
      temporal: {system: temporal, processes: 1, profile: tuned}
    faults:
      - {kind: engine_kill, when: {progress: 20%}, restart_after: 300ms}
    settle: 60s
"""


def killed(folder: Path, tickets: int, *arguments: str) -> Ran:
    return run_scenario(folder, KILL.replace("TICKETS", str(tickets)), *arguments)


def facts(ran: Ran, repetition: int = 1) -> dict[str, Any]:
    metrics = ran.result["systems"]["temporal"]["repetitions"][repetition - 1]["metrics"]
    return {name: metrics[name] for name in ("faults_landed", "lost", "finished", "wrong_outcome", "indeterminate")}


def test_nothing_is_lost_with_the_engine_and_the_pause_is_counted(tmp_path: Path) -> None:
    ran = killed(tmp_path, 6)
    assert facts(ran) == {"faults_landed": 1, "lost": 0, "finished": 6, "wrong_outcome": 0, "indeterminate": 0}
    assert set(ran.checks("temporal").values()) == {"valid"}, ran.repetition("temporal")["checks"]
    assert ran.metrics("temporal")["exposed"] >= 1
    assert ran.metrics("temporal")["unavailable"] > 0.3
    (fault,) = ran.repetition("sync")["faults"]
    assert (fault["planned"], fault["not_applicable"]) == (0, 1)


GONE = """
    name: engine-gone
    load: {tickets: 6, arrival: {rate: 6/s}, timeout: 3s}
    desk: {step_time: 100ms}
    systems:
      temporal: {system: temporal, processes: 1, profile: tuned}
    faults:
      - {kind: engine_kill, when: {after: 600ms}, restart_after: never}
    settle: 20s
"""


def test_what_an_engine_held_that_never_comes_back_is_lost_and_its_record_is_read_all_the_same(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, GONE)
    assert set(ran.checks("temporal").values()) == {"valid"}, ran.repetition("temporal")["checks"]
    figures = ran.metrics("temporal")
    assert (figures["faults_landed"], figures["unserved"]) == (1, 6 - figures["finished"])
    assert figures["abandoned"] >= 1
    assert figures["unavailable"] is None
    histories = latest(tmp_path) / "temporal" / "1" / "histories"
    assert len(list(histories.glob("T-*.json"))) >= figures["acknowledged"]


def test_a_selection_that_leaves_the_kill_nobody_is_refused(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, KILL.replace("TICKETS", "4"))
    ran = asked("run", str(path), "--system", "sync", "--out", str(tmp_path / "reports"))
    assert (ran.code, ran.out) == (2, "")
    assert "can take the engine_kill of engine (line 9), found only sync" in ran.err
    assert not (tmp_path / "reports").exists()


@pytest.mark.soak
def test_nothing_is_lost_with_the_engine_twenty_times_of_twenty(tmp_path: Path) -> None:
    ran = killed(tmp_path, 100, "--repeat", "20", "--system", "temporal")
    whole = {"faults_landed": 1, "lost": 0, "finished": 100, "wrong_outcome": 0, "indeterminate": 0}
    assert [facts(ran, number) for number in range(1, 21)] == [whole] * 20
    still = [one["metrics"]["unavailable"] for one in ran.result["systems"]["temporal"]["repetitions"]]
    print(f"\nengine killed 20 times: nothing lost; without progress {min(still):.1f}–{max(still):.1f} s")  # noqa: T201
