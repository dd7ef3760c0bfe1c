"""A PostgreSQL for tests of the store: one server a test process, a schema a test."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from harness.errors import EnvironmentFailure
from harness.execution import database
from harness.processes.lifeline import die_with, process_control
from tests.support.chaos import wait_for


@contextmanager
def server() -> Iterator[sa.URL]:
    """Start one, and end it with everything it wrote."""
    user = database.NOBODY if os.geteuid() == 0 else None
    binaries = database.binaries(user)
    place = Path(tempfile.mkdtemp(prefix="chaos-postgres-test-"))
    try:
        data = database.initialised(binaries, place, user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        prctl, parent = process_control(), os.getpid()
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                database.command(binaries, data, port),
                cwd=place,
                stdout=log,
                stderr=log,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
                preexec_fn=lambda: die_with(prctl, parent),  # noqa: PLW1509 - a fork that only wishes and execs
            )
        url = sa.URL.create("postgresql+psycopg", "desk", host="127.0.0.1", port=port, database="postgres")
        try:
            wait_for(lambda: _answers(url), f"PostgreSQL answers: {(place / 'log').read_text()}")
            yield url
        finally:
            process.terminate()
            process.wait(10)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def schema(url: sa.URL) -> Iterator[str]:
    """Make an empty schema, and yield the URL that leads into it."""
    name = f"test_{secrets.token_hex(6)}"
    database.run_sql(url, f'CREATE SCHEMA "{name}"')
    try:
        yield database.with_schema(url, name)
    finally:
        database.run_sql(url, f'DROP SCHEMA "{name}" CASCADE')


def _answers(url: sa.URL) -> bool:
    try:
        database.run_sql(url, "SELECT 1")
    except EnvironmentFailure:
        return False
    return True
