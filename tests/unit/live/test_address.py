"""A session's address, with the synchronous system alone: who may ask, what follows, what is refused in a sentence."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos import wait_for, write_scenario
from tests.support.live import QUICK, session


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
