"""A time limit ends what runs in it as SIGTERM does, and leaves every signal as it was."""

import asyncio
import signal
import threading

import click
import pytest

from harness.cli.run import command as run_command
from harness.execution.time_limit import TimeLimit
from harness.processes.interruption import Interruption


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT)]


def test_what_takes_longer_is_interrupted() -> None:
    before, limit = handlers(), TimeLimit(0.01)
    with pytest.raises(KeyboardInterrupt), Interruption(), limit:
        threading.Event().wait(30)
    assert limit.is_passed
    assert handlers() == before


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_what_ends_in_time_is_left_alone(seconds: float | None) -> None:
    before = handlers()
    with TimeLimit(seconds) as limit:
        pass
    assert not limit.is_passed
    assert handlers() == before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_what_runs_in_a_loop_is_cancelled() -> None:
    limit = TimeLimit(0.01)
    with pytest.raises(KeyboardInterrupt), Interruption() as interruption, limit:
        interruption.run(asyncio.sleep(30))
    assert limit.is_passed


@pytest.mark.parametrize(("text", "seconds"), [("5m", 300.0), ("1.5s", 1.5), ("none", float("inf"))])
def test_a_limit_is_written_as_in_a_scenario(text: str, seconds: float) -> None:
    assert run_command.make_context("run", ["x", "--time-limit", text]).params["limit_s"] == seconds


@pytest.mark.parametrize("text", ["5", "0s", "-1s", "soon"])
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a duration with a unit"):
        run_command.make_context("run", ["x", "--time-limit", text])
