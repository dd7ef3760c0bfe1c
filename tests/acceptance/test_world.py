"""Lost answers, an outside world out of order, a locked database: real ones, and how each system lives through them."""

from pathlib import Path

from tests.support.chaos import run_scenario

WORLD = """
    name: world
    seed: 4
    load: {tickets: 10, arrival: {rate: 25/s}, priorities: {low: 1}}
    desk: {step_time: 15ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
    systems:
      sync: {system: sync, processes: 1}
      sync-hardened: {system: sync, processes: 1, retries: 6, resubmit: {attempts: 3}}
      temporal: {system: temporal, processes: 1, profile: tuned, resubmit: {attempts: 3}}
    faults:
      FAULT
    settle: 60s
"""
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
LABELS = ("sync", "sync-hardened", "temporal")


def told(folder: Path, faults: tuple[str, ...], *names: str) -> dict[str, tuple[float, ...]]:
    ran = run_scenario(folder, WORLD.replace("FAULT", "\n      ".join(faults)))
    for label in LABELS:
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
        assert ran.metrics(label)["faults_landed"] == ran.metrics(label)["faults_planned"]
        assert (ran.metrics(label)["submitted"], ran.metrics(label)["lost"]) == (10, 0)
    return {label: tuple(ran.metrics(label)[name] for name in names) for label in LABELS}


def test_what_the_outside_world_refuses_is_handed_to_people_or_tried_again(tmp_path: Path) -> None:
    faults = ("- {kind: receiver_outage, when: {after: 200ms}, duration: 2s}",)
    seen = told(tmp_path, faults, "failed", "effects_missing", "effects_duplicated")
    assert seen["sync"][0] >= 1
    assert seen["sync-hardened"] == seen["temporal"] == (0, 0, 0)


def test_a_receiver_slower_than_its_sender_is_given_up_or_gets_the_message_twice(tmp_path: Path) -> None:
    fault = "- {kind: receiver_outage, when: {after: 0s}, duration: 1500ms, mode: slow, delay: 700ms}"
    ran = run_scenario(tmp_path, SLOW.replace("FAULT", fault))
    labels = ("once", "again", "again-with-key")
    for label in labels:
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
    assert [ran.metrics(label)["lost"] for label in labels] == [0, 0, 0]
    assert ran.metrics("once")["failed"] >= 1
    assert ran.metrics("once")["effects_duplicated"] == ran.metrics("again-with-key")["effects_duplicated"] == 0
    assert min(ran.metrics("again")["effects_duplicated"], ran.metrics("again-with-key")["effects_deduplicated"]) >= 1


def test_a_locked_database_makes_everybody_wait_and_a_lost_answer_leaves_its_client_in_the_dark_unless_he_asks_again(
    tmp_path: Path,
) -> None:
    faults = (
        "- {kind: store_outage, when: {progress: 10%}, duration: 2s}",
        "- {kind: answer_lost, tickets: [2, 5]}",
    )
    names = ("failed", "wrong_outcome", "finished", "effects_duplicated", "indeterminate", "latency_p95")
    seen = told(tmp_path, faults, *names)
    for label, in_the_dark in zip(LABELS, (2, 0, 0), strict=True):
        assert seen[label][:5] == (0, 0, 10, 0, in_the_dark)
        assert seen[label][5] > 0.3
