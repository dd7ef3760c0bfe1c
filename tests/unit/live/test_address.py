"""A session's address, with the synchronous system alone: who may ask, what follows, what is refused in a sentence."""

import errno
import json
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageInvalid
from harness.live.run import Wishes, live
from systems.temporal.server import free_port
from tests.support.chaos import ROOT, asked, chaos, wait_for, write_scenario
from tests.support.live import QUICK, session
from tests.unit.planning.test_reading import scenario_from


def test_the_address_answers_nobody_without_its_token_and_follows_what_happens(tmp_path: Path) -> None:
    only_sync = QUICK.partition("      temporal:")[0]
    with session(write_scenario(tmp_path, only_sync), tmp_path / "reports") as live:
        base, token = live.address.split("/?token=")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{base}/api/state?token=guess")  # noqa: S310 - of loopback
        assert refused.value.code == 403
        refused.value.close()
        with urllib.request.urlopen(f"{base}/api/events?token={token}") as events:  # noqa: S310 - of loopback
            assert event(events)[0] == "state"
            live.command("ticket", "submit")
            name, number, _ = wait_for(lambda: with_row(event(events)), "the ticket's row")
        assert name == "change"
        later = urllib.request.Request(f"{base}/api/events?token={token}", headers={"Last-Event-ID": number})  # noqa: S310
        with urllib.request.urlopen(later) as events:  # noqa: S310 - of loopback
            assert event(events)[0] == "change"  # what is new, and not everything again
        assert live.try_command("ticket", "state", "T-0009").code == 2
        assert live.try_command("fault", "kill", "--worker", "7").code == 2
        assert live.try_command("ticket", "pause", "T-0001", "--system", "temporal").code == 2
        assert "no system here has an engine" in live.command("fault", "engine").out


def event(stream: Any) -> tuple[str, str, Any]:
    """Read one event: its name, its id and its data."""
    parts: dict[str, str] = {}
    for line in stream:
        text = line.decode().rstrip("\n")
        if not text and parts:
            return parts["event"], parts["id"], json.loads(parts["data"])
        key, _, value = text.partition(": ")
        if key:
            parts[key] = value
    raise AssertionError("the stream has ended")


def with_row(change: tuple[str, str, Any]) -> tuple[str, str, Any] | None:
    return change if change[2].get("systems", {}).get("sync", {}).get("tickets") else None


def test_a_port_that_is_taken_is_the_ground_s_fault_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = asked("live", "live", "--out", str(tmp_path / "reports"), "--port", port)
    assert (ran.code, ran.out) == (4, "")
    assert f"--port {port}: cannot listen on 127.0.0.1:{port}: " in ran.err
    assert not (tmp_path / "reports").exists()


def test_a_folder_that_is_no_session_s_is_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ran = chaos("live", "live", "--keep", str(tmp_path), timeout_s=60)
    assert (ran.code, ran.out) == (2, "")
    assert f"--keep {tmp_path}: expected a session's folder or an empty one, found other files" in ran.err
    recorded = ROOT / "reports" / "reference" / "worker-kill"
    again = chaos("live", "live", "--keep", str(recorded), timeout_s=60)
    assert again.code == 2
    assert "expected a session's folder, found a run without session.json" in again.err


def test_a_session_that_does_not_begin_leaves_no_open_port(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "mine.txt").write_text("mine")
    scenario = scenario_from(tmp_path, "name: clicked\n")
    with pytest.raises(UsageInvalid) as refused:
        live(scenario, Wishes(tmp_path, keep=tmp_path, port=port), print, print)
    with socket.socket() as seeking:  # the error is still held, and with it whatever the session had in hand
        assert seeking.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED, refused


def test_commands_without_a_session_say_so(tmp_path: Path) -> None:
    for command in (["ticket", "list"], ["ticket", "pause", "all"], ["fault", "kill", "--worker", "0"]):
        ran = asked(*command, "--out", str(tmp_path))
        assert (ran.code, ran.out) == (2, ""), ran.err
        assert "no session runs there" in ran.err
