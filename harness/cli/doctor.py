"""`chaos doctor`: what this machine lacks, and how to mend it."""

import importlib
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from systems.finding import INSTALL, Finding

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1_000_000_000
LEAST_MEMORY_BYTES = 2_000_000_000
LEAST_CORES = 2
LEAST_FILES = 1024

PACKAGES = {
    "aiohttp": "aiohttp",
    "click": "click",
    "h11": "h11",
    "jinja2": "jinja2",
    "msgspec": "msgspec",
    "psutil": "psutil",
    "psycopg": "psycopg",
    "pyyaml": "yaml",
    "rich": "rich",
    "sqlalchemy": "sqlalchemy",
    "tabulate": "tabulate",
    "urllib3": "urllib3",
}
"""Distributions that every run needs, and the module that must be importable; each system has some of its own."""


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
    if any(finding.state == "missing" for finding in findings):
        sys.exit(4)


def examine(out: Path) -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield python()
    for name, module in sorted(packages().items()):
        yield package(name, module)
    yield from of_systems()
    checks: tuple[Callable[[], Finding], ...] = (
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
    rows = [(one.state, one.what, one.observed) for one in sorted(findings, key=lambda one: rank[one.state])]
    remedies = [f"{one.state}: {one.what}: {one.remedy}" for one in findings if one.remedy]
    text = tabulate(rows, headers=("", "what", "seen"), tablefmt="simple", disable_numparse=True)
    return "\n".join([text, "", *(remedies or ["nothing is missing"])])


def python(running: tuple[int, int, int] | None = None) -> Finding:
    """Look at the Python that runs this."""
    release = running or (sys.version_info.major, sys.version_info.minor, sys.version_info.micro)
    shown = ".".join(map(str, release))
    if release[:2] >= OLDEST_PYTHON:
        return Finding("python", "ok", shown)
    return Finding("python", "missing", shown, "install Python 3.11 or newer, then `make install PYTHON=python3.11`")


def packages() -> dict[str, str]:
    """Return the distributions that runs need, those of every system with them; without the systems, what is known."""
    try:
        from systems import registry
    except ImportError:  # a package that all need is missing, and is found to be
        return dict(PACKAGES)
    return PACKAGES | {name: module for kind in registry.systems().values() for name, module in kind.packages.items()}


def of_systems() -> Iterator[Finding]:
    """Look at what single systems need beside packages."""
    try:
        from systems import registry

        for name in registry.names():
            yield from registry.findings(name)
    except ImportError:  # a package is missing, and was found to be
        return


def package(name: str, module: str) -> Finding:
    """Look for a distribution, and import what a run imports of it (no module: it only brings a program)."""
    try:
        installed = version(name)
    except PackageNotFoundError:
        return Finding(name, "missing", "not installed", INSTALL)
    try:
        if module:
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever breaks an import is the finding
        return Finding(name, "missing", f"{installed} cannot be imported: {type(error).__name__}: {error}", INSTALL)
    return Finding(name, "ok", installed)


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

    limit = limits.open_files() if count is None else count
    if limit >= LEAST_FILES:
        return Finding("open files", "ok", f"{limit:g}")
    most = max(0, int(limit) - limits.BASE)
    return Finding("open files", "warning", f"{limit:g}", f"enough for {most} tickets at once; {limits.REMEDY}")


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
    # A job may be bound to fewer cores than the machine has.
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    usable = available if count is None else count
    if usable >= LEAST_CORES:
        return Finding("cores", "ok", str(usable))
    return Finding("cores", "warning", str(usable), f"use {LEAST_CORES} or more, or times measure a queue")


def memory(total_bytes: int | None = None) -> Finding:
    """Look at the machine's memory."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if total_bytes is None else total_bytes
    shown = f"{installed / 1e9:.1f} GB"
    if installed >= LEAST_MEMORY_BYTES:
        return Finding("memory", "ok", shown)
    return Finding(
        "memory", "warning", shown, f"use {LEAST_MEMORY_BYTES / 1e9:g} GB or more: workers and engine take up to 1 GB"
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
    room = f"{free / 1e9:.1f} GB free"
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", "ok", room)
    return Finding("disk", "warning", room, "free some room: a long run records a few hundred megabytes")


def _nearest(out: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists."""
    return next(place for place in (out.absolute(), *out.absolute().parents) if place.exists())
