import io
import subprocess
import sys

import pytest

from harness.progress import Progress
from tests.support.terminals import Clock, counted


def test_a_log_gets_a_line_for_each_phase_and_one_every_five_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock)
    progress.phase("sync", 1, 1, "load")
    for second in range(12):
        clock.now = 100.0 + second
        counted(progress, finished=second)
    progress.phase("sync", 1, 1, "settle")
    progress.phase("temporal", 2, 3, "start")
    progress.done()
    assert stream.getvalue().splitlines() == [
        "[   0 s] sync: load",
        "[   5 s] sync: load, 5/40 tickets done, 30 sent, 25 in flight, 1/3 faults landed",
        "[  10 s] sync: load, 10/40 tickets done, 30 sent, 20 in flight, 1/3 faults landed",
        "[  11 s] sync: settle, 11/40 tickets done, 30 sent, 19 in flight, 1/3 faults landed",
        "[  11 s] temporal 2/3: start",
    ]


def test_a_line_says_how_many_tickets_their_clients_gave_up() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock)
    progress.phase("sync", 1, 1, "load")
    clock.now += 5
    counted(progress, finished=20, given_up=4)
    assert "20/40 tickets done, 4 given up, 30 sent, 6 in flight, 1/3 faults landed\n" in stream.getvalue()


def test_a_line_says_how_long_the_rest_will_take_once_every_system_had_its_turn() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock)
    progress.begin(["sync", "temporal"], 2, 40)
    for number in (1, 2):
        for system, seconds in (("sync", 10), ("temporal", 20)):
            progress.phase(system, number, 2, "start")
            clock.now += seconds
    assert stream.getvalue().splitlines() == [
        "[   0 s] sync 1/2: start",
        "[  10 s] temporal 1/2: start",
        "[  30 s] sync 2/2: start, about 30 s left",
        "[  40 s] temporal 2/2: start, about 20 s left",
    ]


def test_a_run_of_one_repetition_says_from_the_start_how_long_it_may_take() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock)
    progress.begin(["sync", "temporal"], 1, 40, guess_s=20.0)
    progress.phase("sync", 1, 1, "start")
    clock.now += 12
    progress.phase("temporal", 1, 1, "start")
    assert stream.getvalue().splitlines() == [
        "[   0 s] sync: start, about 40 s left",
        "[  12 s] temporal: start, about 20 s left",
    ]


def test_faults_are_left_out_where_none_is_planned() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock)
    progress.phase("sync", 1, 1, "load")
    clock.now += 5
    counted(progress, finished=1, planned=0)
    assert stream.getvalue().endswith("1/40 tickets done, 30 sent, 29 in flight\n")


def test_nobody_listening_ends_nothing() -> None:
    stream = io.StringIO()
    progress = Progress(stream, Clock())
    stream.close()
    progress.phase("sync", 1, 1, "load")
    counted(progress, finished=1)
    progress.done()


@pytest.mark.parametrize("module", ["asyncio", "rich"])
def test_plain_progress_needs_neither_an_event_loop_nor_a_painter(module: str) -> None:
    code = "import sys, io, harness.progress as p; p.Progress(io.StringIO()); sys.exit(sys.argv[1] in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, module], check=False).returncode == 0
