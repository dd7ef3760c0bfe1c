"""activity_failure: exactly what is asked for strikes, and each system answers as it must."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.history.load import load
from harness.planning.plan import build
from harness.planning.reading import read
from systems.desk.model import Priority
from tests.support.chaos import Ran, latest, only, run_scenario, write_scenario
from tests.support.replays import replayed

TICKETS = 5
HANG_S = 3
SCENARIO = f"""
    name: failing-steps
    seed: 5
    load:
      tickets: {TICKETS}
      arrival: {{rate: 40/s}}
      priorities: {{medium: 1}}
    desk:
      step_time: 2ms
      outcomes: {{needs_escalation: 0.5, escalation_rejected: 0.5}}
    systems:
      sync: {{system: sync, processes: 1}}
      sync-retrying: {{system: sync, processes: 1, retries: 3}}
      temporal: {{system: temporal, processes: 1, profile: tuned}}
      hasty: {{system: temporal, processes: 1, profile: tuned_engine, start_to_close: 1s}}
    faults:
      - kind: activity_failure
        step: escalate_to_engineering
        FAILURE
    settle: 60s
"""
"""Without a start-to-close of its own, the tuned profile waits for a step that merely hangs: its process lives."""
TOLD_TO = ("sync", "sync-retrying", "temporal")
HUNG = ("sync", "temporal", "hasty")
FEW = ("sync", "temporal", "hasty")
"""Without the service that tries again by itself: its flow has tests of its own."""
FAILURES = f"""attempts: 2
        tickets: TRANSIENT
        systems: [{", ".join(TOLD_TO)}]
      - kind: activity_failure
        step: escalate_to_engineering
        error: permanent
        tickets: PERMANENT
        systems: [{", ".join(TOLD_TO)}]
      - kind: activity_failure
        step: escalate_to_engineering
        error: hang
        duration: {HANG_S}s
        tickets: [HANGING]
        systems: [{", ".join(HUNG)}]
      - kind: activity_failure
        step: escalate_to_engineering
        tickets: {{share: 50%}}
        window: after_effect
        systems: [hasty]
"""


def fail(tmp_path: Path, failures: str, labels: Sequence[str]) -> Ran:
    ran = run_scenario(tmp_path, SCENARIO.replace("FAILURE", failures), *only(labels))
    for label, system in ran.result["systems"].items():
        verdicts = {check["name"]: check["verdict"] for check in system["repetitions"][0]["checks"]}
        assert set(verdicts.values()) == {"valid"}, (label, system["repetitions"][0]["checks"])
    return ran


def some(ran: Ran, label: str, *names: str) -> dict[str, Any]:
    return {name: ran.metrics(label)[name] for name in names}


def tickets_of_class(ran: Ran, label: str, name: str) -> list[int]:
    found: list[int] = ran.repetition(label)["tickets"].get(name, [])
    return found


def escalated(tmp_path: Path) -> list[int]:
    """Return the tickets that come to engineering."""
    path = write_scenario(tmp_path, SCENARIO.replace("FAILURE", "attempts: 1"), "first.yaml")
    return [one.ticket for one in build(read(str(path))[0]).faults if one.ticket is not None]


def tries(repetition: Path, label: str, ticket: int) -> list[float]:
    """Return how long each attempt took, in seconds, that a ticket made to come to engineering."""
    attempts = load(repetition, label, 1).attempts
    mine = [one for one in attempts if (one.ticket, one.step) == (ticket, "escalate_to_engineering")]
    return [(one.ended - one.started) / 1e9 for one in mine if one.ended is not None]


@pytest.mark.parametrize("labels", [FEW, pytest.param((*FEW, "sync-retrying"), marks=pytest.mark.soak)])
def test_exactly_what_is_asked_for_strikes_and_each_system_answers_as_it_must(
    tmp_path: Path, labels: Sequence[str]
) -> None:
    *struck, hanging = escalated(tmp_path)
    transient, permanent = struck[::2], struck[1::2]
    assert len(transient) >= 2
    assert len(permanent) >= 1
    assert len(struck) + 1 < TICKETS
    failures = FAILURES.replace("TRANSIENT", str(transient)).replace("PERMANENT", str(permanent))
    ran = fail(tmp_path, failures.replace("HANGING", str(hanging)), labels)
    assert_two_transient_ones_are_retried_by_whoever_retries_and_a_permanent_one_fails_everywhere(
        ran, transient, permanent, labels
    )
    assert replayed(latest(tmp_path) / "temporal" / "1") == 2 * (TICKETS + len(Priority))  # the canaries', too
    shared = ran.repetition("hasty")["faults"][3]["tickets"]
    assert hanging not in shared
    assert_a_share_of_tickets_and_a_late_window_strike_as_planned(ran, shared)
    assert (latest(tmp_path) / "hasty" / "1" / "points").is_dir()
    assert_a_hang_holds_the_attempt_and_is_replaced_after_a_start_to_close_that_is_shorter(ran, hanging, len(shared))
    for label in ("sync", "temporal"):
        (held,) = tries(latest(tmp_path) / label / "1", label, hanging)
        assert held >= HANG_S, label


def assert_two_transient_ones_are_retried_by_whoever_retries_and_a_permanent_one_fails_everywhere(
    ran: Ran, transient: list[int], permanent: list[int], labels: Sequence[str]
) -> None:
    struck = sorted([*transient, *permanent])
    for label in (one for one in TOLD_TO if one in labels):
        faults = ran.repetition(label)["faults"][:2]
        assert [one["tickets"] for one in faults] == [transient, permanent]
        assert (
            [one["landed"] for one in faults] == [one["planned"] for one in faults] == [len(transient), len(permanent)]
        )
        assert tickets_of_class(ran, label, "failed") == (struck if label == "sync" else permanent)
        assert some(ran, label, "failed_as_expected", "lost", "agents_leaked") == {
            "failed_as_expected": len(permanent),
            "lost": 0,
            "agents_leaked": 0,
        }
    for label in (one for one in ("sync-retrying", "temporal") if one in labels):
        assert some(ran, label, "finished", "failed", "retries", "recovered_by_retry", "wrong_outcome") == {
            "finished": TICKETS - len(permanent),
            "failed": len(permanent),
            "retries": 2 * len(transient),
            "recovered_by_retry": len(transient),
            "wrong_outcome": 0,
        }
    assert some(ran, "sync", "finished", "failed", "retries") == {
        "finished": TICKETS - len(struck),
        "failed": len(struck),
        "retries": 0,
    }


def assert_a_share_of_tickets_and_a_late_window_strike_as_planned(ran: Ran, shared: list[int]) -> None:
    share = ran.repetition("hasty")["faults"][3]
    assert len(shared) == share["landed"] == share["planned"] > 0
    assert some(ran, "hasty", "finished", "failed") == {"finished": TICKETS, "failed": 0}


def assert_a_hang_holds_the_attempt_and_is_replaced_after_a_start_to_close_that_is_shorter(
    ran: Ran, hanging: int, otherwise: int
) -> None:
    """Of the hasty ones, `otherwise` tries are replaced because they fail; the hang is the one that is left."""
    for label in HUNG:
        hang = ran.repetition(label)["faults"][2]
        assert (hang["tickets"], hang["landed"]) == ([hanging], 1)
        assert hanging not in tickets_of_class(ran, label, "failed")
    assert ran.metrics("hasty")["retries"] == otherwise + 1
    assert ran.metrics("hasty")["recovery_max"] < HANG_S
