"""activity_failure: exactly what is asked for strikes, and each system answers as it must."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import Ran, latest, run_scenario

TICKETS = 12
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
    faults:
      - kind: activity_failure
        step: escalate_to_engineering
        FAILURE
    settle: 60s
"""


def fail(tmp_path: Path, failure: str, *arguments: str, scenario: str = SCENARIO) -> Ran:
    ran = run_scenario(tmp_path, scenario.replace("FAILURE", failure), *arguments)
    for label, system in ran.result["systems"].items():
        verdicts = {check["name"]: check["verdict"] for check in system["repetitions"][0]["checks"]}
        assert set(verdicts.values()) == {"valid"}, (label, system["repetitions"][0]["checks"])
    return ran


def fault(ran: Ran, label: str) -> dict[str, Any]:
    (only,) = ran.repetition(label)["faults"]
    found: dict[str, Any] = only
    return found


def some(ran: Ran, label: str, *names: str) -> dict[str, Any]:
    return {name: ran.metrics(label)[name] for name in names}


def tickets_of_class(ran: Ran, label: str, name: str) -> list[int]:
    found: list[int] = ran.repetition(label)["tickets"].get(name, [])
    return found


def test_two_transient_failures_are_retried_by_whoever_retries(tmp_path: Path) -> None:
    ran = fail(tmp_path, "attempts: 2")
    struck = fault(ran, "temporal")["tickets"]
    assert 0 < len(struck) < TICKETS
    for label in ("sync", "sync-retrying", "temporal"):
        assert (fault(ran, label)["planned"], fault(ran, label)["landed"]) == (len(struck), len(struck))
    for label in ("sync-retrying", "temporal"):
        assert some(ran, label, "finished", "retries", "recovered_by_retry", "wrong_outcome") == {
            "finished": TICKETS,
            "retries": 2 * len(struck),
            "recovered_by_retry": len(struck),
            "wrong_outcome": 0,
        }
    assert some(ran, "sync", "finished", "failed", "lost", "retries", "agents_leaked") == {
        "finished": TICKETS - len(struck),
        "failed": len(struck),
        "lost": 0,
        "retries": 0,
        "agents_leaked": 0,
    }
    assert tickets_of_class(ran, "sync", "failed") == struck


def test_a_permanent_failure_fails_as_expected_everywhere(tmp_path: Path) -> None:
    ran = fail(tmp_path, "error: permanent")
    struck = fault(ran, "temporal")["tickets"]
    for label in ("sync", "sync-retrying", "temporal"):
        assert some(ran, label, "failed", "failed_as_expected", "retries", "agents_leaked", "lost") == {
            "failed": len(struck),
            "failed_as_expected": len(struck),
            "retries": 0,
            "agents_leaked": 0,
            "lost": 0,
        }


HASTY = SCENARIO.replace("profile: tuned}", "profile: tuned, start_to_close: 1s}")
"""Without a start-to-close of its own, the tuned profile waits for who merely hangs: his process lives, and says so."""


@pytest.mark.parametrize(("scenario", "retries"), [(HASTY, 1), (SCENARIO, 0)])
def test_a_hang_holds_the_attempt_and_is_replaced_after_a_start_to_close_that_is_shorter(
    tmp_path: Path, scenario: str, retries: int
) -> None:
    ran = fail(
        tmp_path,
        "{error: hang, duration: 5s, tickets: [FIRST]}".strip("{}")
        .replace(", ", "\n        ")
        .replace("FIRST", str(first_escalated(tmp_path))),
        *("--system", "sync", "--system", "temporal"),
        scenario=scenario,
    )
    for label in ("sync", "temporal"):
        assert (fault(ran, label)["landed"], ran.metrics(label)["finished"]) == (1, TICKETS)
    assert ran.metrics("sync")["retries"] == 0
    assert ran.metrics("temporal")["retries"] == retries
    assert (ran.metrics("temporal")["recovery_max"] < 5) == bool(retries)
    assert ran.metrics("sync")["recovery_max"] >= 5


def first_escalated(tmp_path: Path) -> int:
    from tests.support.chaos import chaos, write_scenario  # noqa: PLC0415

    planned = chaos("plan", str(write_scenario(tmp_path, SCENARIO.replace("FAILURE", "attempts: 1"), "first.yaml")))
    ticket: int = planned.result["faults"][0]["ticket"]
    return ticket


def test_a_share_of_tickets_and_a_late_window_strike_as_planned(tmp_path: Path) -> None:
    ran = fail(tmp_path, "tickets: {share: 50%}\n        window: after_effect", "--system", "temporal")
    struck = fault(ran, "temporal")["tickets"]
    assert len(struck) == fault(ran, "temporal")["landed"]
    assert ran.metrics("temporal")["retries"] == len(struck)
    assert (latest(tmp_path) / "temporal" / "1" / "points").is_dir()
