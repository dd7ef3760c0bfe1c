"""Every system that takes up again what a dead or stopped process left does the rest, and nothing twice."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.chaos import Ran, run_scenario
from tests.support.contract import SYSTEMS, WITH_SPOOL

KILLED = {
    "sync": "{system: sync, processes: 1}",
    "sync-leased": "{system: sync, walk_lease: 500ms}",
    "temporal": "{system: temporal, processes: 1, profile: tuned}",
    "spool": "{system: spool}",
}
FEW = {"sync-leased": KILLED["sync-leased"]}
"""That of which no other test by default shows what a kill makes it do again."""
STOPPED = {"sync-leased-stopped": KILLED["sync-leased"]}
ON_THE_ENGINE = {"temporal-stopped": "{system: temporal, profile: tuned}"}
"""That a stopped worker of Temporal loses its ticket to another is shown beside what it does then: the pauses."""
SCENARIO = """
    name: second-chances
    load:
      tickets:
        TICKETS
      timeout: 1500ms
      resubmit: {attempts: 12, backoff: 300ms}
    desk:
      step_time: 50ms
      outcomes: {needs_escalation: 0}
    systems:
      SYSTEMS
    faults:
      FAULTS
    settle: 30s
"""
TICKET = "- {priority: medium, systems: [LABELS]}"
KILL = "- {kind: worker_kill, when: {step: notify_customer}, restart_after: 300ms, systems: [LABELS]}"
STOP = """
      - kind: long_pause
        scope: worker
        when: {step: notify_customer, occurrence: TICKET}
        duration: DURATION
        systems: [LABELS]
"""


def run(folder: Path, killed: Mapping[str, str], stopped: Mapping[str, str], stopped_s: int = 6) -> Ran:
    """Run all columns; those that are struck alike get a ticket of their own."""
    text = SCENARIO
    columns = [f"{label}: {block}" for label, block in {**killed, **stopped}.items()]
    struck = [(fault, ", ".join(labels)) for fault, labels in ((KILL, killed), (STOP.strip(), stopped)) if labels]
    text = text.replace("TICKETS", "\n        ".join(TICKET.replace("LABELS", labels) for _, labels in struck))
    text = text.replace("SYSTEMS", "\n      ".join(columns))
    text = text.replace("FAULTS", "\n      ".join(fault.replace("LABELS", labels) for fault, labels in struck))
    # Theirs is the last ticket.
    text = text.replace("occurrence: TICKET", f"occurrence: {len(struck)}").replace("DURATION", f"{stopped_s}s")
    return run_scenario(folder, text, env=WITH_SPOOL)


def assert_only_the_step_that_was_broken_is_done_again(ran: Ran, label: str) -> None:
    assert set(ran.checks(label).values()) == {"valid"}, ran.repetition(label)["checks"]
    figures = ran.metrics(label)
    names = ("finished", "interrupted", "retries", "effects_duplicated", "effects_missing", "wrong_outcome")
    assert {name: figures[name] for name in names} == dict(zip(names, (1, 1, 1, 0, 0, 0), strict=True)), label


def assert_the_stopped_process_does_not_keep_its_ticket(ran: Ran, label: str, stopped_s: int = 6) -> None:
    figures = ran.metrics(label)
    assert (figures["faults_landed"], figures["finished"]) == (1, 1), label
    assert figures["recovery_max"] < stopped_s, label


@pytest.mark.parametrize("killed", [FEW, pytest.param(KILLED, marks=pytest.mark.soak)], ids=["few", "all"])
def test_after_a_kill_only_what_was_broken_is_done_again_and_a_stopped_process_does_not_keep_its_ticket(
    tmp_path: Path, killed: Mapping[str, str]
) -> None:
    ran = run(tmp_path, killed, STOPPED)
    for label in killed:
        assert_only_the_step_that_was_broken_is_done_again(ran, label)
    for label in STOPPED:
        assert_the_stopped_process_does_not_keep_its_ticket(ran, label)


@pytest.mark.soak
def test_a_stopped_worker_of_temporal_does_not_keep_its_ticket_to_its_end(tmp_path: Path) -> None:
    # A stopped worker's open polls still take tasks from the engine; each costs a time-out before another has it.
    ran = run(tmp_path, {}, ON_THE_ENGINE, stopped_s := 12)
    for label in ON_THE_ENGINE:
        assert_the_stopped_process_does_not_keep_its_ticket(ran, label, stopped_s)


@pytest.mark.soak
def test_with_the_engines_timers_tuned_too_only_the_step_that_was_broken_is_done_again(tmp_path: Path) -> None:
    block = {"temporal-engine": "{system: temporal, profile: tuned_engine}"}
    assert_only_the_step_that_was_broken_is_done_again(run(tmp_path, block, {}), "temporal-engine")


def test_every_system_gets_a_second_chance() -> None:
    assert {block.removeprefix("{system: ").split(",")[0].strip("}") for block in KILLED.values()} == set(SYSTEMS)
