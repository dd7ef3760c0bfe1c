"""The guided comparison as a person takes it: real runs, figures from them, and a page beside them."""

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.tour.threads import most_threads
from tests.support.chaos import ROOT, alive, asked, begun, chaos, chaos_argv, descendants, wait_for


@pytest.mark.soak
def test_an_act_says_what_its_own_run_came_to(tmp_path: Path) -> None:
    ran = chaos("tour", "--act", "races", "--out", str(tmp_path))
    assert ran.code == 0, ran.out + ran.err
    [run] = [path for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink()]
    [page] = tmp_path.glob("*-tour-*.html")
    given = asked("explain", str(run), "sync-none.double_assignments").out
    assert given.startswith("sync-none.double_assignments = 2\n"), given
    assert "Without a lock, sync-none gave 2 agents to two tickets at once; temporal-none gave 2 agents" in ran.out
    assert "verdict pass: 1 of 1 act passes" in ran.out
    assert f"page: {page}" in ran.out
    assert f'href="{run.name}/report.html"' in page.read_text()
    assert (run / "report.html").is_file()
    assert asked("check", str(run)).code == 0
    # Waitress has a thread for each of its eight requests, and the process one of its own.
    assert (most_threads(run)["sync-none"] or 0) > 8


def test_an_act_that_is_interrupted_leaves_no_process(tmp_path: Path) -> None:
    with begun("tour", "--act", "durability", "--out", str(tmp_path)) as tour:
        wait_for(lambda: list(tmp_path.glob("*/sync/1/journal/worker-*.jsonl")), "a worker's journal")
        started = descendants(tour.pid)
        tour.send_signal(signal.SIGINT)
        assert tour.wait(30) == 130, tour.err
        assert "The act was cut short (interrupted), so nothing is said of it." in tour.out
        assert "verdict interrupted: 0 of 1 act passes" in tour.out
    wait_for(lambda: not alive(started), "the end of every process", 5)


def test_in_a_terminal_an_act_waits_for_the_space_bar_and_ctrl_c_ends_the_tour(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    argv = chaos_argv("tour", "--act", "races", "--out", str(tmp_path))
    with subprocess.Popen(argv, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as tour:
        os.close(theirs)
        shown = b""
        while b"[space]" not in shown:
            shown += os.read(ours, 4096)
        # Again and again: what is typed before the terminal is asked for a key is thrown away.
        wait_for(lambda: os.write(ours, b"x") and os.write(ours, b"\x03") and tour.poll() is not None, "the end")
        assert tour.returncode == 130
    os.close(ours)
    assert b"Act 1 of 1: Races" in shown
    assert list(tmp_path.iterdir()) == []


def test_an_act_that_there_is_not_is_refused_before_anything_starts(tmp_path: Path) -> None:
    refused = chaos("tour", "--act", "juggling", "--out", str(tmp_path))
    assert refused.code == 2
    assert "'durability', 'retries', 'state', 'compensation', 'races', 'scalability'" in refused.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
def test_the_whole_tour_takes_three_minutes_at_most(tmp_path: Path) -> None:
    began = time.monotonic()
    ran = chaos("tour", "--no-wait", "--out", str(tmp_path))
    took_s = time.monotonic() - began
    assert ran.code == 0, ran.out + ran.err
    assert "verdict pass: 6 of 6 acts pass" in ran.out
    assert took_s <= 180
