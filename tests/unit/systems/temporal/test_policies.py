"""Profiles as numbers: what a block sets itself holds exactly, and what is printed is what is done."""

import msgspec
import pytest

from systems.desk.fault_mode import FaultMode
from systems.desk.limits import BUSY_TIMEOUT_S, IO_TIMEOUT_S, DeskTimes
from systems.desk.model import Step
from systems.temporal.settings import TemporalSettings

STEP_TIME = {step.value: 0.02 for step in Step}
AGENT_S = 5.0
TIMES = DeskTimes(STEP_TIME, AGENT_S)


@pytest.mark.parametrize("profile", ["default", "tuned", "tuned_engine"])
def test_a_start_to_close_of_the_block_holds_for_every_step(profile: str) -> None:
    settings = TemporalSettings(profile=profile, start_to_close=4.0)  # type: ignore[arg-type]
    assert {one.start_to_close for one in settings.policies(TIMES).values()} == {4.0}
    assert settings.follows_from(TIMES)["start-to-close"] == 4.0


@pytest.mark.parametrize("profile", ["default", "tuned", "tuned_engine"])
@pytest.mark.parametrize("step", ["agent_investigate", "apply_urgent_fix", "close_ticket"])
def test_a_step_as_long_as_the_blocks_start_to_close_is_refused(profile: str, step: str) -> None:
    settings = TemporalSettings(profile=profile, start_to_close=4.0)  # type: ignore[arg-type]
    (told,) = settings.problems(DeskTimes({**STEP_TIME, step: 4.0}, AGENT_S))
    limit = "expected every step_time below start-to-close, 4 s; found 4 s for "
    assert told == ("start_to_close", limit + step)


@pytest.mark.parametrize("key", ["start_to_close", "heartbeat", "sticky", "retry_interval"])
def test_a_time_out_of_nothing_is_refused(key: str) -> None:
    settings = msgspec.structs.replace(TemporalSettings(profile="tuned"), **{key: 0.0})
    assert settings.problems(TIMES) == [(key, f"{key}: expected more than 0s, found 0s")]


def test_every_problem_is_told() -> None:
    settings = TemporalSettings(layout="per_group", processes=2, start_to_close=0.01, heartbeat=3.0)
    told = settings.problems(TIMES)
    assert [key for key, _ in told] == ["layout", "start_to_close", "heartbeat"]
    assert all("expected" in message and "found" in message for _, message in told)


def test_a_heartbeat_that_cannot_help_is_neither_sent_nor_printed() -> None:
    settings = TemporalSettings(profile="tuned", start_to_close=0.8)  # its heartbeat is 1 s
    assert {one.heartbeat for one in settings.policies(TIMES).values()} == {None}
    assert "heartbeat" not in settings.follows_from(TIMES)
    assert settings.patience_s(TIMES) == pytest.approx(0.78)


def test_time_outs_that_run_side_by_side_do_not_add_up() -> None:
    assert TemporalSettings().detection_s(TIMES) == 10.0 + 1.0 + 1.0
    assert TemporalSettings(start_to_close=20.0).detection_s(TIMES) == 20.0 + 1.0 + 1.0
    assert TemporalSettings(profile="tuned").detection_s(TIMES) == 2.0 + 0.5 + 1.0


def test_each_retry_waits_twice_as_long_up_to_the_longest() -> None:
    assert [TemporalSettings().retry_s(count, TIMES) for count in (1, 2, 3)] == [1.0, 3.0, 7.0]
    assert TemporalSettings(profile="tuned").retry_s(7, TIMES) == pytest.approx(35.5)


@pytest.mark.parametrize("profile", ["tuned", "tuned_engine"])
def test_no_step_of_a_tuned_profile_is_overtaken_while_it_is_merely_slow(profile: str) -> None:
    settings = TemporalSettings(profile=profile)  # type: ignore[arg-type]
    for step, policy in settings.policies(TIMES).items():
        waits_s = AGENT_S if step in {Step.AGENT_INVESTIGATE, Step.AGENT_RESOLVE} else STEP_TIME[step]
        assert policy.start_to_close > waits_s + IO_TIMEOUT_S + BUSY_TIMEOUT_S
        assert policy.heartbeat == 1.0
    longer = settings.policies(DeskTimes(STEP_TIME, AGENT_S, io_timeout_s=40.0))
    assert longer[Step.NOTIFY_CUSTOMER].start_to_close > 40.0 + BUSY_TIMEOUT_S
    printed = settings.follows_from(DeskTimes(STEP_TIME, AGENT_S, io_timeout_s=40.0))["start-to-close"]
    assert printed == max(one.start_to_close for one in longer.values())


@pytest.mark.parametrize("profile", ["tuned", "tuned_engine"])
def test_a_dead_worker_is_found_by_its_heartbeat_whatever_the_start_to_close(profile: str) -> None:
    settings = TemporalSettings(profile=profile)  # type: ignore[arg-type]
    assert settings.patience_s(TIMES) == 1.0
    assert settings.detection_s(TIMES) < 5.0
    assert all(one.start_to_close > 5.0 for one in settings.policies(TIMES).values())


@pytest.mark.parametrize("profile", ["default", "tuned", "tuned_engine"])
def test_a_retry_interval_of_the_block_holds_for_every_step(profile: str) -> None:
    settings = TemporalSettings(profile=profile, retry_interval=7.0)  # type: ignore[arg-type]
    assert {one.retry_initial for one in settings.policies(TIMES).values()} == {7.0}
    assert all(one.retry_max >= 7.0 for one in settings.policies(TIMES).values())
    assert settings.follows_from(TIMES)["retry interval"] == 7.0
    assert settings.retry_s(1, TIMES) == 7.0


@pytest.mark.parametrize(
    ("settings", "fault", "told"),
    [
        (TemporalSettings(), "KILL", "start-to-close 10 s + engine timer ≤ 1 s + retry 1 s + queue"),
        (TemporalSettings(), "transient", "retry interval 1 s + engine timer ≤ 1 s"),
        (TemporalSettings(profile="tuned"), "KILL", "heartbeat 1 s + engine timer ≤ 1 s + retry 0.2 s + queue"),
        (TemporalSettings(profile="tuned"), "transient", "retry interval 0.2 s + engine timer ≤ 1 s"),
        (
            TemporalSettings(profile="tuned", start_to_close=2.0),
            "hang",
            "start-to-close 2 s + engine timer ≤ 1 s + retry 0.2 s + queue",
        ),
        (
            TemporalSettings(profile="tuned_engine"),
            "KILL",
            "heartbeat 1 s + engine timer ≤ 10 ms + retry 0.1 s + queue",
        ),
        (TemporalSettings(retry_interval=0.05), "transient", "retry interval 50 ms + engine timer ≤ 1 s"),
    ],
)
def test_what_resuming_follows_from_is_every_wait(settings: TemporalSettings, fault: str, told: str) -> None:
    assert settings.cause(FaultMode(fault), "notify_customer", TIMES) == told


def test_the_tuned_profiles_do_not_compress_and_the_default_is_the_sdks() -> None:
    profiles = [TemporalSettings(), TemporalSettings(profile="tuned"), TemporalSettings(profile="tuned_engine")]
    assert [one.implied() for one in profiles] == [{"gRPC compression": way} for way in ("gzip", "none", "none")]
