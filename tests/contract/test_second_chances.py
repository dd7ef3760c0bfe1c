"""Every system that takes up again what a dead or stopped process left does the rest, and nothing twice."""

from collections.abc import Iterable
from pathlib import Path

from tests.support.chaos import Ran, run_scenario
from tests.support.contract import SYSTEMS, WITH_SPOOL

BLOCKS = {
    "sync": "{system: sync}",
    "sync-leased": "{system: sync, walk_lease: 500ms}",
    "temporal": "{system: temporal, profile: tuned}",
    "temporal-engine": "{system: temporal, profile: tuned_engine}",
    "spool": "{system: spool}",
}
SCENARIO = """
    name: second-chances
    load:
      tickets: 1
      priorities: {medium: 1}
      timeout: 1500ms
      resubmit: {attempts: 12, backoff: 300ms}
    desk:
      step_time: 50ms
      outcomes: {needs_escalation: 0}
    systems:
      SYSTEMS
    faults:
      - FAULT
    settle: 30s
"""
KILL = "{kind: worker_kill, when: {step: notify_customer}, restart_after: 300ms}"
STOP = "{kind: long_pause, scope: worker, when: {step: notify_customer}, duration: 12s}"
STOPPED = ("sync-leased", "temporal")


def run(folder: Path, fault: str, labels: Iterable[str]) -> Ran:
    columns = "\n      ".join(f"{label}: {BLOCKS[label]}" for label in labels)
    return run_scenario(folder, SCENARIO.replace("SYSTEMS", columns).replace("FAULT", fault), env=WITH_SPOOL)


def test_after_a_kill_only_the_step_that_was_broken_is_done_again(tmp_path: Path) -> None:
    ran = run(tmp_path, KILL, BLOCKS)
    for label in BLOCKS:
        assert set(ran.checks(label).values()) == {"valid"}, ran.repetition(label)["checks"]
        figures = ran.metrics(label)
        names = ("finished", "interrupted", "retries", "effects_duplicated", "effects_missing", "wrong_outcome")
        assert {name: figures[name] for name in names} == dict(zip(names, (1, 1, 1, 0, 0, 0), strict=True)), label


def test_a_stopped_process_does_not_keep_its_ticket(tmp_path: Path) -> None:
    ran = run(tmp_path, STOP, STOPPED)
    for label in STOPPED:
        figures = ran.metrics(label)
        assert (figures["faults_landed"], figures["finished"]) == (1, 1), label
        # A stopped worker's open polls still take tasks from the engine; each costs a time-out before another has it.
        assert figures["recovery_max"] < 12, label


def test_every_system_gets_a_second_chance() -> None:
    assert {block.removeprefix("{system: ").split(",")[0].strip("}") for block in BLOCKS.values()} == set(SYSTEMS)
