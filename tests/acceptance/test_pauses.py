"""long_pause on real processes, tickets and agents: it is proven, undone, and both systems live through it."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import psutil
import pytest

from harness.history.load import load
from systems.desk.rows import TimelineEntry
from tests.acceptance.test_bad_luck import slow
from tests.support.chaos import alive, begun, descendants, latest, run_scenario, wait_for, write_scenario

PAUSES = """
    name: pauses
    seed: 3
    load: {tickets: 5, arrival: {rate: 8/s}, priorities: {medium: 1}}
    desk:
      step_time: {default: 10ms, agent_investigate: 150ms}
      agent_timeout: 400ms
      outcomes: {needs_escalation: 0}
    systems:
      sync: {system: sync, processes: 1}
      temporal: {system: temporal, processes: 1, profile: tuned}
    faults:
      - {kind: long_pause, scope: worker, when: {step: agent_investigate, occurrence: 5}, duration: 600ms}
      - {kind: long_pause, scope: ticket, when: {step: agent_investigate, occurrence: 1}, duration: 1s}
      - {kind: long_pause, scope: step, step: agent_resolve, tickets: [2], duration: 700ms}
      - {kind: long_pause, scope: step, step: agent_resolve, tickets: [3], agents: 3, duration: 500ms}
    settle: 60s
    expect:
      - "faults_landed == faults_planned"
      - "lost == 0"
      - "wrong_outcome == 0"
      - "failed == failed_as_expected"
      - "failed == 1"
      - "agents_leaked == 0"
"""
ZOMBIE = """
    name: zombie
    load: {tickets: 1, priorities: {medium: 1}}
    desk:
      step_time: {default: 5ms, release_agent: 2500ms}
      outcomes: {needs_escalation: 0}
    systems:
      unguarded: {system: temporal, profile: tuned_engine, safeguards: {locking: none}}
      idempotent: {system: temporal, profile: tuned_engine, safeguards: {idempotency: true, locking: optimistic}}
    faults:
      - {kind: long_pause, scope: worker, when: {step: notify_customer}, duration: 2200ms}
    settle: 30s
"""


ENDINGS = [
    (signal.SIGINT, "sync"),
    (signal.SIGKILL, "temporal"),
    pytest.param(signal.SIGINT, "temporal", marks=pytest.mark.soak),
    pytest.param(signal.SIGKILL, "sync", marks=pytest.mark.soak),
]
"""Each signal and each system once: what ends a worker that stands still is the supervisor, whoever it works for."""


def timeline(folder: Path, label: str, ticket: int) -> list[tuple[str, str, str]]:
    """Read a ticket's timeline from the store: step, purpose, result."""
    with closing(sqlite3.connect(folder / label / "1" / "store.sqlite")) as connection:
        ((text,),) = connection.execute("SELECT timeline FROM tickets WHERE number = ?", (ticket,)).fetchall()
    entries = [msgspec.json.decode(line, type=TimelineEntry) for line in text.splitlines()]
    return [(one.step, one.purpose, one.result) for one in entries]


def test_workers_tickets_and_agents_stand_still_and_go_on(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, PAUSES)
    assert ran.code == 0, ran.result["expectations"]
    for label in ("sync", "temporal"):
        assert set(ran.checks(label).values()) == {"valid"}, ran.repetition(label)["checks"]
        assert timeline(latest(tmp_path), label, 2) == [
            ("assign_agent", "first", "assigned"),
            ("agent_investigate", "", "solved"),
            ("agent_resolve", "", "silent"),
            ("release_agent", "silent", "done"),
            ("notify_customer", "apology_silent", "done"),
            ("assign_agent", "replacement", "assigned"),
            ("agent_resolve", "", "done"),
            ("notify_customer", "resolved", "done"),
            ("release_agent", "done", "done"),
            ("close_ticket", "", "resolved"),
        ]
        assert timeline(latest(tmp_path), label, 3)[-3:] == [
            ("release_agent", "gave_up", "done"),
            ("notify_management", "gave_up", "done"),
            ("close_ticket", "", "manual_intervention"),
        ]


@pytest.mark.soak
def test_a_zombie_repeats_what_was_taken_over_unless_a_key_and_a_version_stop_it(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, ZOMBIE)
    names = ("lost", "effects_duplicated", "effects_deduplicated", "stale_writes", "conflicts")
    seen = {label: {name: ran.metrics(label)[name] for name in names} for label in ("unguarded", "idempotent")}
    assert seen["unguarded"] == dict(zip(names, (0, 1, 0, 1, 0), strict=True))
    assert seen["idempotent"].pop("conflicts") >= 1  # the zombie's; another step that it held may be one too
    assert seen["idempotent"] == dict(zip(names, (0, 0, 1, 0), strict=False))
    for label in seen:
        assert set(ran.checks(label).values()) == {"valid"}, ran.repetition(label)["checks"]
        assert (ran.metrics(label)["faults_landed"], ran.metrics(label)["finished"]) == (1, 1), label
        assert_another_took_over_what_the_stopped_one_had(latest(tmp_path) / label / "1", label)


def assert_another_took_over_what_the_stopped_one_had(repetition: Path, label: str) -> None:
    """The stopped process ends its try only once it goes on, and by then another process has done the step."""
    tries = [one for one in load(repetition, label, 1).attempts if (one.ticket, one.step) == (1, "notify_customer")]
    zombie, another = sorted(tries, key=lambda one: one.started)
    assert zombie.proc != another.proc
    assert another.ended is not None
    assert zombie.ended is not None
    assert another.ended < zombie.ended, label


@pytest.mark.parametrize(("number", "system"), ENDINGS)
def test_a_stopped_worker_does_not_outlive_the_run(tmp_path: Path, system: str, number: signal.Signals) -> None:
    text = slow(system)
    fault = text[text.index("      - kind: worker_kill") : text.index("    settle")]
    frozen = "      - {kind: long_pause, scope: worker, when: {step: apply_urgent_fix}, duration: 20s}\n"
    scenario = write_scenario(tmp_path, text.replace(fault, frozen))
    with begun("run", str(scenario), "--report", "none", "--out", str(tmp_path / "reports")) as process:
        wait_for(lambda: _stopped(process.pid) or process.poll() is not None, "a worker stands still", 60)
        family = descendants(process.pid)
        process.send_signal(number)
        assert process.wait(20) == (130 if number == signal.SIGINT else -signal.SIGKILL)
        wait_for(lambda: not alive(family), "all its processes are gone", 5)


def _stopped(pid: int) -> list[int]:
    return [one.pid for one in descendants(pid) if _status(one) == psutil.STATUS_STOPPED]


def _status(process: psutil.Process) -> str:
    try:
        return str(process.status())
    except psutil.NoSuchProcess:
        return ""
