import io
import re
import sys
import time

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.progress import Progress
from harness.progress.live import painted
from harness.progress.tally import Counts, RunTally
from tests.support.terminals import Clock, Terminal, counted

CODES = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")
LOADED = Counts(finished=32, given_up=8, submitted=40, total=40, landed=3, planned=3)
LOADING = Counts(finished=5, submitted=12, total=40, in_flight=7, landed=1, planned=3)
UNDER_WAY = (
    RunTally(began=0.0)
    .of(["sync", "temporal"], 2, 40)
    .entered("sync", 1, 2, "load", 0.0)
    .counted(LOADED)
    .entered("temporal", 1, 2, "start", 10.0)
    .entered("temporal", 1, 2, "load", 12.0)
    .counted(LOADING)
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make a terminal that somebody watches, also where these tests run in a CI job."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("CI", raising=False)
    return Terminal()


def lines(tally: RunTally, now: float, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system="standard", force_terminal=True)
    with console.capture() as captured:
        console.print(painted(tally, now, width))
    return [line.rstrip() for line in CODES.sub("", captured.get()).splitlines()]


def test_every_system_has_a_bar_over_all_its_repetitions_and_the_last_line_says_where_the_run_is() -> None:
    assert lines(UNDER_WAY, 83.4, 80) == [
        "sync      ━━━━━━━━━━━━╺━━━━━━━━━━━  32/80   8 given up  3/3 faults",
        "temporal  ━╸━━━━━━━━━━━━━━━━━━━━━━   5/80               1/3 faults   7 in flight",
        "1:23  temporal 1/2: load",
    ]


def test_a_narrow_terminal_keeps_the_bars_and_what_is_missed_most() -> None:
    long = RunTally(began=0.0).of(["sync", "temporal-on-another-profile"], 2, 40)
    long = long.entered("sync", 1, 2, "load", 0.0).counted(LOADED)
    assert lines(long, 59.0, 40) == [
        "sync           ━━╸━━  32/80   8 given up",
        "temporal-on-…  ━━━━━   0/80",
        "0:59  sync 1/2: load",
    ]


@pytest.mark.parametrize("width", [10, 20, 39, 40, 41, 60, 79, 80, 81, 120, 400])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(cell_len(line) for line in lines(UNDER_WAY, 83.4, width)) <= width


def test_figures_that_grow_move_nothing() -> None:
    grown = UNDER_WAY.counted(Counts(finished=28, submitted=40, total=40, in_flight=12, landed=1, planned=3))
    assert [len(line) for line in lines(grown, 99.9, 80)] == [len(line) for line in lines(UNDER_WAY, 83.4, 80)]


def test_what_is_left_is_said_once_every_system_had_its_turn() -> None:
    second = UNDER_WAY.entered("sync", 2, 2, "load", 30.0)
    assert lines(second, 35.0, 80)[-1] == "0:35, about 25 s left  sync 2/2: load"


def test_a_terminal_shows_the_view_at_once_and_is_left_clean(terminal: Terminal) -> None:
    progress = Progress(terminal, Clock())
    progress.begin(["sync", "temporal"], 1, 40)
    progress.phase("sync", 1, 1, "load")
    shown = CODES.sub("", terminal.getvalue()).splitlines()
    assert [line.split()[0] for line in shown] == ["sync", "temporal", "0:00"]
    counted(progress, finished=7)
    progress.done()
    assert terminal.getvalue().endswith("\r" + "\x1b[1A\x1b[2K" * 3)


def test_a_killed_process_leaves_no_terminal_without_a_cursor(terminal: Terminal) -> None:
    progress = Progress(terminal, Clock())
    progress.phase("sync", 1, 1, "load")
    progress.done()
    assert "\x1b[?25" not in terminal.getvalue()


def test_a_terminal_is_not_written_to_faster_than_anybody_reads(terminal: Terminal) -> None:
    progress, began = Progress(terminal, Clock()), time.monotonic()
    progress.phase("sync", 1, 1, "load")
    for step in range(1000):
        counted(progress, finished=step % 30)
        progress.phase("sync", 1, 1, "settle")
    assert terminal.writes <= 2 + 10 * (time.monotonic() - began)
    progress.done()


def test_what_others_say_meanwhile_stands_above_the_view(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(terminal, Clock())
    progress.phase("sync", 1, 1, "load")
    sys.stderr.write("an external server\n")
    progress.done()
    assert "an external server\n" in terminal.getvalue()
    assert sys.stderr is terminal


def test_a_terminal_that_breaks_ends_nothing(terminal: Terminal) -> None:
    progress = Progress(terminal, Clock())
    progress.phase("sync", 1, 1, "load")
    terminal.close()
    progress.phase("sync", 1, 1, "settle")
    counted(progress, finished=1)
    progress.done()


def test_a_run_that_never_began_shows_nothing(terminal: Terminal) -> None:
    Progress(terminal, Clock()).done()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TERM", "unknown"), ("CI", "true")])
def test_a_terminal_that_nobody_watches_gets_plain_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    Progress(terminal, Clock()).phase("sync", 1, 1, "load")
    assert terminal.getvalue() == "[   0 s] sync: load\n"
