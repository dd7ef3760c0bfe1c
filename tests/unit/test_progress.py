import io
import subprocess
import sys

import pytest

from harness.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def counted(progress: Progress, finished: int, planned: int = 3) -> None:
    progress.update(finished=finished, submitted=30, total=40, landed=1, planned=planned, in_flight=30 - finished)


def test_a_log_gets_a_line_for_each_phase_and_one_every_five_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock)
    progress.phase("sync", 1, 1, "load")
    for second in range(12):
        clock.now = 100.0 + second
        counted(progress, finished=second)
    progress.phase("temporal", 2, 3, "start")
    progress.done()
    assert stream.getvalue().splitlines() == [
        "[   0 s] sync: load",
        "[   5 s] sync: load, 5/40 tickets at their end, 30 sent, 25 in flight, 1/3 faults landed",
        "[  10 s] sync: load, 10/40 tickets at their end, 30 sent, 20 in flight, 1/3 faults landed",
        "[  11 s] temporal 2/3: start",
    ]


def test_faults_are_left_out_where_none_is_planned() -> None:
    stream = io.StringIO()
    counted(Progress(stream, Clock()), finished=1, planned=0)
    assert "fault" not in stream.getvalue()


def test_a_terminal_has_one_line_that_is_written_anew_and_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, clock)
    progress.phase("sync", 1, 1, "load")
    clock.now += 1
    counted(progress, finished=7)
    progress.done()
    written = stream.getvalue()
    assert "\n" not in written
    assert written.endswith("\r\x1b[K")
    lines = written.split("\r\x1b[K")[1:-1]
    assert lines == ["[   0 s] sync: load", "[   1 s] sync: load, 7/40 tickets at th"]


def test_a_terminal_is_not_written_to_faster_than_anybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, clock)
    for step in range(100):
        clock.now = 100.0 + step / 1000
        counted(progress, finished=step % 30)
    assert stream.getvalue().count("\r") == 1


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    Progress(stream, Clock()).phase("sync", 1, 1, "load")
    assert stream.getvalue() == "[   0 s] sync: load\n"


def test_nobody_listening_ends_nothing() -> None:
    stream = io.StringIO()
    progress = Progress(stream, Clock())
    stream.close()
    progress.phase("sync", 1, 1, "load")
    counted(progress, finished=1)
    progress.done()


def test_progress_needs_no_event_loop() -> None:
    code = "import sys, harness.progress; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
