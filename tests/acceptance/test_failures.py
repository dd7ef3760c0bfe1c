"""activity_failure: exactly what is asked for strikes, and each system answers as it must."""

from pathlib import Path
from typing import Any

from harness.planning.plan import build
from harness.planning.reading import read
from systems.desk.model import Priority
from tests.support.chaos import Ran, latest, run_scenario, write_scenario
from tests.support.replays import replayed

TICKETS = 12
FEW = 4
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
BOTH = """attempts: 2
        tickets: TRANSIENT
      - kind: activity_failure
        step: escalate_to_engineering
        error: permanent
        tickets: PERMANENT
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


def escalated(scenario: str, tmp_path: Path) -> list[int]:
    """Return the tickets that the planned fault strikes: all that come to engineering."""
    path = write_scenario(tmp_path, scenario.replace("FAILURE", "attempts: 1"), "first.yaml")
    return [one.ticket for one in build(read(str(path))[0]).faults if one.ticket is not None]


def test_two_transient_failures_are_retried_by_whoever_retries_and_a_permanent_one_fails_as_expected_everywhere(
    tmp_path: Path,
) -> None:
    struck = escalated(SCENARIO, tmp_path)
    assert 2 <= len(struck) < TICKETS
    transient, permanent = struck[::2], struck[1::2]
    ran = fail(tmp_path, BOTH.replace("TRANSIENT", str(transient)).replace("PERMANENT", str(permanent)))
    for label in ("sync", "sync-retrying", "temporal"):
        faults = ran.repetition(label)["faults"]
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
    for label in ("sync-retrying", "temporal"):
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
    assert replayed(latest(tmp_path) / "temporal" / "1") == 2 * (TICKETS + len(Priority))  # the canaries', too


HASTY = SCENARIO.replace(
    "sync-retrying: {system: sync, processes: 1, retries: 3}",
    "hasty: {system: temporal, processes: 1, profile: tuned, start_to_close: 1s}",
).replace(f"tickets: {TICKETS}", f"tickets: {FEW}")
"""Without a start-to-close of its own, the tuned profile waits for a step that merely hangs: its process lives."""


def test_a_hang_holds_the_attempt_and_is_replaced_after_a_start_to_close_that_is_shorter(tmp_path: Path) -> None:
    hang = f"error: hang\n        duration: 3s\n        tickets: {escalated(HASTY, tmp_path)[:1]}"
    ran = fail(tmp_path, hang, scenario=HASTY)
    for label in ("sync", "temporal", "hasty"):
        assert (fault(ran, label)["landed"], ran.metrics(label)["finished"]) == (1, FEW)
    assert {label: ran.metrics(label)["retries"] for label in ("sync", "temporal", "hasty")} == {
        "sync": 0,
        "temporal": 0,
        "hasty": 1,
    }
    assert ran.metrics("hasty")["recovery_max"] < 3
    assert min(ran.metrics(label)["recovery_max"] for label in ("sync", "temporal")) >= 3


def test_a_share_of_tickets_and_a_late_window_strike_as_planned(tmp_path: Path) -> None:
    ran = fail(tmp_path, "tickets: {share: 50%}\n        window: after_effect", "--system", "temporal")
    struck = fault(ran, "temporal")["tickets"]
    assert len(struck) == fault(ran, "temporal")["landed"]
    assert ran.metrics("temporal")["retries"] == len(struck)
    assert (latest(tmp_path) / "temporal" / "1" / "points").is_dir()
