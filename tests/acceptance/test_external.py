"""`server: external`: a server of the user's serves run after run, as each repetition has workflow ids of its own."""

import asyncio
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from systems.temporal import server
from tests.support.chaos import ROOT, latest, run_scenario, wait_for, write_scenario
from tests.support.live import LiveSession, session
from tests.support.pages import blocks

TICKETS = 1
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


def at(address: str) -> dict[str, str]:
    """Say where the server is, as Temporal's own environment configuration has it."""
    return {"TEMPORAL_ADDRESS": address, "TEMPORAL_CONFIG_FILE": os.devnull}


@pytest.mark.soak
def test_a_server_of_the_users_serves_run_after_run(tmp_path: Path, address: str) -> None:
    prefixes: list[str] = []
    for _ in range(2):
        ran = run_scenario(tmp_path, SCENARIO, env=at(address))
        assert ran.code == 0, (ran.result["verdict"], ran.err)
        assert set(ran.checks("one").values()) == {"valid"}
        assert len(list((latest(tmp_path) / "one" / "1" / "histories").glob("*.json"))) == 2 * (TICKETS + 3)
        prefixes += re.findall(rf"external server {address}, namespace default, workflow ids (\S+)T-0001", ran.err)
    assert len(prefixes) == len(set(prefixes)) == 2
    assert all(re.fullmatch(r"one-[0-9a-f]{8}-", one) for one in prefixes)


@contextmanager
def behind_tls(folder: Path, address: str) -> Iterator[dict[str, str]]:
    """Yield what an environment says of a port that speaks TLS and passes on what it hears to this address."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    made += ["-addext", "basicConstraints=critical,CA:FALSE"]  # or it may sign others, and be nobody's own
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    host, port = address.split(":")
    opened: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asks = await asyncio.open_connection(host, int(port))
        with suppress(OSError):
            await asyncio.gather(pass_on(reader, asks), pass_on(answers, writer))

    async def listen() -> None:
        over = asyncio.Event()
        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as listening:
            opened.set_result((listening.sockets[0].getsockname()[1], asyncio.get_running_loop(), over))
            await over.wait()

    serving = threading.Thread(target=lambda: asyncio.run(listen()))
    serving.start()
    where, loop, over = opened.result(10)
    try:
        environment = {"TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(certificate), "TEMPORAL_TLS_SERVER_NAME": "localhost"}
        yield at(f"localhost:{where}") | environment
    finally:
        loop.call_soon_threadsafe(over.set)
        serving.join(10)


@pytest.mark.soak
def test_a_server_of_the_users_that_speaks_tls_serves_too(tmp_path: Path, address: str) -> None:
    with behind_tls(tmp_path, address) as environment:
        ran = run_scenario(tmp_path, SCENARIO, env=environment)
    assert ran.code == 0, (ran.result["verdict"], ran.err)
    assert f"external server {environment['TEMPORAL_ADDRESS']}" in ran.err


def workflow(live: LiveSession) -> str:
    """Return what the server calls the first ticket's workflow."""
    place = live.ask("/api/tickets/T-0001")["systems"]["temporal"]
    return str(place["as_it_came"]["orchestrator"]["workflow"])


def has_ended(live: LiveSession) -> bool:
    return live.place("T-0001", "temporal")["state"] not in {"open", "paused"}


@pytest.mark.soak
def test_a_server_of_the_users_serves_session_after_session_as_the_page_says(tmp_path: Path, address: str) -> None:
    [text] = blocks((ROOT / "docs" / "live.md").read_text(), "yaml")
    scenario, kept, names = write_scenario(tmp_path, text), tmp_path / "kept", []
    with session(scenario, tmp_path, "--keep", str(kept), folder=kept, env=at(address)) as live:
        live.command("ticket", "submit", "--priority", "medium")
        live.command("ticket", "pause", "T-0001")
        live.wait("T-0001", "temporal", state="paused")
        names.append(workflow(live))
        assert "no system here has an engine that could be struck" in live.command("fault", "engine").out
    with session(scenario, tmp_path / "reports", env=at(address)) as live:
        live.command("ticket", "submit", "--priority", "medium")
        wait_for(lambda: has_ended(live), "the other session's own ticket ends")
        names.append(workflow(live))
    with session(scenario, tmp_path, "--keep", str(kept), folder=kept, env=at(address)) as live:
        names.append(workflow(live))
        live.command("ticket", "resume", "T-0001")
        wait_for(lambda: has_ended(live), "what stood still on the server ends")
    assert names[0] == names[2] != names[1]
    assert all(re.fullmatch(r"temporal-[0-9a-f]{8}-T-0001", name) for name in names)
