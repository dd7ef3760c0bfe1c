"""`server: external`: a server of the user's serves run after run, as each repetition has workflow ids of its own."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from systems.temporal import server
from tests.support.chaos import latest, run_scenario, wait_for

TICKETS = 3
SCENARIO = f"""
    name: external
    load: {{tickets: {TICKETS}, arrival: all_at_once}}
    desk: {{step_time: 1ms}}
    systems:
      one: {{system: temporal, processes: 1, profile: tuned, server: external}}
    settle: 60s
    expect:
      - "one.finished == {TICKETS}"
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A dev server of this test's own."""
    where = f"127.0.0.1:{server.free_port()}"
    argv = [server.binary(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", where.split(":")[1]]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen([*argv, "--log-level", "error"], stdout=log, stderr=log)
    try:
        wait_for(lambda: asyncio.run(server.answers(where, server.NAMESPACE)), "the server answers")
        yield where
    finally:
        process.terminate()
        process.wait(30)


def test_a_server_of_the_users_serves_run_after_run(tmp_path: Path, address: str) -> None:
    config = {"TEMPORAL_ADDRESS": address, "TEMPORAL_CONFIG_FILE": os.devnull}
    prefixes: list[str] = []
    for _ in range(2):
        ran = run_scenario(tmp_path, SCENARIO, env=config)
        assert ran.code == 0, (ran.result["verdict"], ran.err)
        assert set(ran.checks("one").values()) == {"valid"}
        assert len(list((latest(tmp_path) / "one" / "1" / "histories").glob("*.json"))) == 2 * (TICKETS + 3)
        prefixes += re.findall(rf"external server {address}, namespace default, workflow ids (\S+)T-0001", ran.err)
    assert len(prefixes) == len(set(prefixes)) == 2
    assert all(re.fullmatch(r"one-[0-9a-f]{8}-", one) for one in prefixes)
