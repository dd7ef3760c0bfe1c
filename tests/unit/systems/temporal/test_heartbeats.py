"""Heartbeats beside the step: they go on while it is blocked, and only as long as it runs."""

import threading
from collections.abc import Callable

from temporalio import activity
from temporalio.testing import ActivityEnvironment

from systems.temporal.heartbeats import BEATS, Heartbeats
from tests.support.chaos import wait_for

TIMEOUT_S = 0.1


def environment(beats: list[str], name: str) -> ActivityEnvironment:
    made = ActivityEnvironment()
    made.on_heartbeat = lambda *_: beats.append(name)
    return made


def blocked(heartbeats: Heartbeats, release: threading.Event) -> Callable[[], None]:
    @activity.defn
    def step() -> None:
        with heartbeats.going_on():
            assert release.wait(30)

    return step


def test_every_blocked_step_is_beaten_for_until_it_ends_and_no_longer() -> None:
    beats: list[str] = []
    heartbeats = Heartbeats(TIMEOUT_S)
    releases = {name: threading.Event() for name in ("a", "b")}
    steps = [
        threading.Thread(target=environment(beats, name).run, args=(blocked(heartbeats, release),))
        for name, release in releases.items()
    ]
    for step in steps:
        step.start()
    wait_for(lambda: beats.count("a") > BEATS and beats.count("b") > BEATS, "both are beaten for")
    releases["a"].set()
    steps[0].join()
    so_far, others = beats.count("a"), beats.count("b")
    wait_for(lambda: beats.count("b") > others + 2 * BEATS, "the other goes on")
    assert beats.count("a") <= so_far + 1  # one may have been on its way
    releases["b"].set()
    steps[1].join()


def test_a_beat_that_fails_does_not_end_the_others() -> None:
    beats: list[str] = []
    heartbeats = Heartbeats(TIMEOUT_S)
    release = threading.Event()
    broken = ActivityEnvironment()

    def fail(*_: object) -> None:
        beats.append("broken")
        raise RuntimeError("the loop is closed")

    broken.on_heartbeat = fail
    steps = [
        threading.Thread(target=one.run, args=(blocked(heartbeats, release),))
        for one in (broken, environment(beats, "well"))
    ]
    for step in steps:
        step.start()
    wait_for(lambda: beats.count("broken") > BEATS and beats.count("well") > BEATS, "both are beaten for")
    release.set()
    for step in steps:
        step.join()


def test_without_a_time_out_nobody_beats() -> None:
    threads = threading.active_count()
    beats: list[str] = []
    heartbeats = Heartbeats(None)
    assert threading.active_count() == threads
    release = threading.Event()
    release.set()
    environment(beats, "a").run(blocked(heartbeats, release))
    assert beats == []
