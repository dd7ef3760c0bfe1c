"""The progress of a suite: what ended, what runs, what is left; as lines in a log, as one line on a terminal."""

import io
import re
import time
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.progress.live_suite import painted
from harness.progress.suite import TRUSTED_S, SuiteProgress, SuiteTally
from tests.support.terminals import Clock, Terminal

CODES = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")
NAMES = ("scenarios/storm.yaml", "scenarios/profiles.yaml", "scenarios/baseline.yaml", "scenarios/flaky-steps.yaml")
GUESSES = dict(zip(NAMES, (60.0, 40.0, 20.0, 10.0), strict=True))
WAITING = SuiteTally(began=0.0, jobs=2, waiting=NAMES, guesses=GUESSES)


def test_a_log_gets_a_line_every_ten_seconds_and_one_as_a_scenario_ends() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = SuiteProgress(stream, NAMES, GUESSES, 2, clock)
    progress.begun(NAMES[0])
    progress.begun(NAMES[1])
    for second in range(1, 25):
        clock.now = 100.0 + second
        progress.tick()
    progress.ended(NAMES[1], "profiles: pass in 24 s", "a word\nof its own")
    progress.begun(NAMES[2])
    progress.done()
    assert stream.getvalue().splitlines() == [
        "4 scenarios, 2 at a time",
        "[  10 s] 0/4 ended, running: storm, profiles; about 60 s left",
        "[  20 s] 0/4 ended, running: storm, profiles; about 50 s left",
        "[  24 s] 1/4 profiles: pass in 24 s",
        "    a word",
        "    of its own",
    ]


def test_what_is_left_is_when_the_last_slot_will_be_free() -> None:
    assert WAITING.left_s(0.0) == 70.0  # 60 + 10 beside 40 + 20
    begun = WAITING.with_begun(NAMES[0], 0.0).with_begun(NAMES[1], 0.0)
    assert begun.left_s(15.0) == 55.0
    assert replace(WAITING, jobs=1).left_s(0.0) == 130.0
    assert replace(WAITING, jobs=9).left_s(0.0) == 60.0


def test_guesses_stretch_as_those_that_ended_were_wrong() -> None:
    one = replace(WAITING, jobs=1).with_begun(NAMES[0], 0.0).with_ended(NAMES[0], 2 * 60.0 + TRUSTED_S)
    assert one.left_s(150.0) == 2 * (40.0 + 20.0 + 10.0)


def test_one_that_breaks_at_once_does_not_make_the_rest_fast() -> None:
    one = replace(WAITING, jobs=1).with_begun(NAMES[3], 0.0).with_ended(NAMES[3], 0.0)
    assert one.left_s(0.0) == 0.75 * (60.0 + 40.0 + 20.0)


def test_without_a_guess_nothing_is_said_of_what_is_left() -> None:
    unknown = replace(WAITING, guesses={NAMES[0]: 60.0})
    assert unknown.left_s(0.0) is None
    assert unknown.summary_line(0.0) == "0/4 ended"


def test_a_scenario_that_is_named_twice_runs_twice() -> None:
    twice = SuiteTally(began=0.0, jobs=2, waiting=("a", "a"), guesses={"a": 5.0})
    both = twice.with_begun("a", 0.0).with_begun("a", 1.0)
    assert both.summary_line(1.0) == "0/2 ended, running: a, a; a few seconds left"
    assert both.with_ended("a", 4.0).summary_line(4.0) == "1/2 ended, running: a; a few seconds left"


def test_of_many_that_run_the_first_are_named_and_the_rest_is_counted() -> None:
    names = tuple("abcdefgh")
    tally = SuiteTally(began=0.0, jobs=8, waiting=names, guesses={})
    for name in names:
        tally = tally.with_begun(name, 0.0)
    assert tally.summary_line(0.0) == "0/8 ended, running: a, b, c, d, e, f, 2 more"


def test_what_a_child_wrote_cannot_move_the_cursor() -> None:
    stream = io.StringIO()
    progress = SuiteProgress(stream, ["a"], {}, 1, Clock())
    progress.begun("a")
    progress.ended("a", "a: exit 4 in 1 s", "\x1b[2Jgone")
    assert stream.getvalue().endswith("    \\x1b[2Jgone\n")


def test_nobody_listening_ends_nothing() -> None:
    stream = io.StringIO()
    progress = SuiteProgress(stream, ["a"], {}, 1, Clock())
    stream.close()
    progress.begun("a")
    progress.ended("a", "a: pass in 1 s")
    progress.done()


# -- on a terminal


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make a terminal that somebody watches, also where these tests run in a CI job."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("CI", raising=False)
    return Terminal()


def lines(tally: SuiteTally, now: float, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system="standard", force_terminal=True)
    with console.capture() as captured:
        console.print(painted(tally, now, width))
    return [line.rstrip() for line in CODES.sub("", captured.get()).splitlines()]


RUNNING = WAITING.with_begun(NAMES[0], 0.0).with_begun(NAMES[1], 0.0).with_ended(NAMES[1], 40.0)


def test_a_terminal_has_one_line_with_a_bar() -> None:
    assert lines(RUNNING, 41.0, 80) == ["━━━━━╺━━━━━━━━━━━━━━  0:41  1/4 ended, running: storm; about 30 s left"]


def test_where_all_have_ended_nothing_is_left() -> None:
    one = SuiteTally(began=0.0, jobs=1, waiting=("a",), guesses={"a": 5.0})
    assert one.with_begun("a", 0.0).with_ended("a", 4.0).summary_line(4.0) == "1/1 ended"


@pytest.mark.parametrize("width", [10, 20, 39, 59, 60, 61, 80, 400])
def test_no_view_is_wider_than_the_terminal_nor_longer_than_a_line(width: int) -> None:
    [line] = lines(RUNNING, 41.0, width)
    assert cell_len(line) <= width


def test_lines_of_what_ended_stay_and_the_view_is_taken_away(terminal: Terminal) -> None:
    progress = SuiteProgress(terminal, NAMES, GUESSES, 2, Clock())
    progress.begun(NAMES[0])
    progress.ended(NAMES[0], "storm: pass in 12 s", "with [brackets]")
    progress.done()
    shown = CODES.sub("", terminal.getvalue())
    assert "[   0 s] 1/4 storm: pass in 12 s\n" in shown
    assert "    with [brackets]\n" in shown
    assert terminal.getvalue().endswith("\r\x1b[1A\x1b[2K")
    assert "\x1b[?25" not in terminal.getvalue()


def test_a_terminal_is_not_written_to_faster_than_anybody_reads(terminal: Terminal) -> None:
    progress, began = SuiteProgress(terminal, NAMES, GUESSES, 2, Clock()), time.monotonic()
    progress.begun(NAMES[0])
    for _ in range(1000):
        progress.tick()
    assert terminal.writes <= 4 + 10 * (time.monotonic() - began)
    progress.done()


def test_a_terminal_that_breaks_ends_nothing(terminal: Terminal) -> None:
    progress = SuiteProgress(terminal, NAMES, GUESSES, 2, Clock())
    progress.begun(NAMES[0])
    terminal.close()
    progress.ended(NAMES[0], "storm: pass in 12 s")
    progress.done()
