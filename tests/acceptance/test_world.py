"""Lost answers, an outside world out of order, a locked database: real ones, and how each system lives through them."""

from collections.abc import Collection
from pathlib import Path

import pytest

from harness.history.load import load
from systems.desk.model import TERMINAL
from tests.support.chaos import latest, only, run_scenario

WORLD = """
    name: world
    seed: 4
    load:
      tickets:
        - {priority: low, at: 0s}
        - {priority: low, at: 200ms, systems: [sync-refused, sync-hardened, temporal]}
        - {priority: low, at: 400ms, systems: [sync-refused, sync-hardened, temporal]}
        - {priority: low, at: 600ms, systems: [sync-refused, sync-hardened, temporal]}
        - {priority: low, at: 2s, systems: [sync-locked, sync-hardened, temporal]}
        - {priority: low, at: 2200ms, systems: [sync-locked, sync-hardened, temporal]}
        - {priority: low, at: 2400ms, systems: [sync-locked, sync-hardened, temporal]}
    desk: {step_time: 15ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
    systems:
      sync-refused: {system: sync, processes: 1}
      sync-locked: {system: sync, processes: 1}
      sync-hardened: {system: sync, processes: 1, retries: 6, resubmit: {attempts: 3}}
      temporal: {system: temporal, processes: 1, profile: tuned, resubmit: {attempts: 3}}
    faults:
      - kind: receiver_outage
        when: {after: 200ms}
        duration: 1200ms
        systems: [sync-refused, sync-hardened, temporal]
      - {kind: store_outage, when: {after: 2s}, duration: 1200ms, systems: [sync-locked, sync-hardened, temporal]}
      - {kind: answer_lost, tickets: [5, 7]}
    settle: 60s
"""
LOCKED = (5, 6, 7)
"""The tickets that come as the database is locked; the others come as the outside world refuses them."""
SLOW = """
    name: slow-world
    seed: 4
    load: {tickets: 6, arrival: {rate: 25/s}, priorities: {low: 1}}
    desk: {step_time: 15ms, io_timeout: 300ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
    systems:
      once: {system: sync, processes: 1}
      again: {system: sync, processes: 1, retries: 8}
      again-with-key: {system: sync, processes: 1, retries: 8, safeguards: {idempotency: true}}
    faults:
      FAULT
    settle: 60s
"""
AGAIN = ("again", "again-with-key")
TICKETS = {"sync-refused": 4, "sync-locked": 4, "sync-hardened": 7, "temporal": 7}


def test_what_is_refused_is_handed_to_people_or_tried_again_a_lock_makes_wait_and_a_lost_answer_leaves_in_the_dark(
    tmp_path: Path,
) -> None:
    ran = run_scenario(tmp_path, WORLD)
    for label, tickets in TICKETS.items():
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
        assert ran.metrics(label)["faults_landed"] == ran.metrics(label)["faults_planned"] > 0
        assert (ran.metrics(label)["submitted"], ran.metrics(label)["lost"]) == (tickets, 0)
    assert ran.metrics("sync-refused")["failed"] >= 1
    names = ("failed", "wrong_outcome", "effects_missing", "effects_duplicated", "finished", "indeterminate")
    seen = {label: tuple(ran.metrics(label)[name] for name in names) for label in TICKETS}
    assert seen["sync-locked"] == (0, 0, 0, 0, 4, 2)
    assert seen["sync-hardened"] == seen["temporal"] == (0, 0, 0, 0, 7, 0)  # who asks again is not left in the dark
    for label in ("sync-locked", "sync-hardened", "temporal"):
        assert longest_s(latest(tmp_path) / label / "1", label, LOCKED) > 0.3, label


def longest_s(repetition: Path, label: str, tickets: Collection[int]) -> float:
    """Return the longest time that one of these tickets took, from its first submission to its end."""
    history = load(repetition, label, 1)
    ends = {int(row.row): row.at for row in history.audit if row.table == "tickets" and row.value in TERMINAL}
    sent = {one.ticket: one.t for one in reversed(history.submitted)}
    return max(ends[ticket] - sent[ticket] for ticket in tickets) / 1e9


@pytest.mark.parametrize("labels", [AGAIN, pytest.param(("once", *AGAIN), marks=pytest.mark.soak)])
def test_a_receiver_slower_than_its_sender_is_given_up_or_gets_the_message_twice(
    tmp_path: Path, labels: tuple[str, ...]
) -> None:
    fault = "- {kind: receiver_outage, when: {after: 0s}, duration: 1500ms, mode: slow, delay: 700ms}"
    ran = run_scenario(tmp_path, SLOW.replace("FAULT", fault), *only(labels))
    for label in labels:
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
    assert [ran.metrics(label)["lost"] for label in labels] == [0] * len(labels)
    if "once" in labels:
        assert ran.metrics("once")["failed"] >= 1
        assert ran.metrics("once")["effects_duplicated"] == 0
    assert ran.metrics("again-with-key")["effects_duplicated"] == 0
    assert min(ran.metrics("again")["effects_duplicated"], ran.metrics("again-with-key")["effects_deduplicated"]) >= 1
