"""What a load costs is measured from its first moment until all is quiet."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import latest, run_scenario

SMALL = """
    name: small
    load: {tickets: 2, arrival: all_at_once, priorities: {medium: 1}}
    desk: {step_time: 20ms, outcomes: {needs_escalation: 0}}
    systems:
      one: {system: sync, processes: 1}
    settle: 30s
    expect: ["finished == 2", "one.host_cpu <= 100%"]
"""
ONE_THREAD = """
    name: one-thread
    load: {tickets: 2, arrival: all_at_once, priorities: {medium: 1}}
    desk: {step_time: {default: 20ms, agent_investigate: 2s}, outcomes: {needs_escalation: 0}}
    systems:
      one-thread: {system: temporal, profile: tuned, processes: 1, threads: 1}
    settle: 30s
    expect: ["finished == 2", "one-thread.retries == 0"]
"""
A_TENTH_NS = 100_000_000
"""Far less than the time between two samples."""


def harness_records(run: Path) -> list[dict[str, Any]]:
    (journal,) = (run / "one/1/journal").glob("harness-*")
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_the_machine_is_sampled_at_the_first_submission_and_at_quiet(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, SMALL)
    assert ran.code == 0, ran.err
    records = harness_records(latest(tmp_path))
    sampled = [one["t"] for one in records if one["kind"] == "sample"]
    (quiet,) = (one["t"] for one in records if one["kind"] == "phase" and one["name"] == "quiet")
    sent = next(one["t"] for one in records if one["kind"] == "submitted" and one["ticket"] > 0)
    assert sent - max(t for t in sampled if t <= sent) < A_TENTH_NS
    assert min(t for t in sampled if t >= quiet) - quiet < A_TENTH_NS
    metrics = ran.metrics("one")
    assert 0 < metrics["host_cpu"] <= 1
    assert metrics["harness_cpu_seconds"] > 0
    assert metrics["cpu_seconds"] > 0


@pytest.mark.soak
def test_what_waits_for_a_thread_is_not_taken_for_dead(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, ONE_THREAD)
    assert ran.code == 0, ran.err
    assert ran.metrics("one-thread")["attempts"] == 12
