"""The ground that a run stands on: limits, places and variables, and whose mistake it is when they give out."""

import asyncio
import errno
import math
import os
from contextlib import closing, nullcontext
from pathlib import Path

import msgspec
import pytest

from harness.cli import doctor
from harness.errors import EnvironmentFailure, ProcessDied, RunFolderInvalid
from harness.execution import database
from harness.history.model import History
from harness.history.store import read_store
from harness.planning.plan import Plan
from harness.planning.scenario import Arrival, Load
from harness.processes import open_files
from harness.processes.supervisor_client import SupervisorClient
from harness.report.sections.columns import differences
from harness.runfolder.result import SystemResult
from systems.desk.live import dialect
from systems.desk.live.store import Store, create
from systems.desk.model import Priority, Ticket
from systems.exhaustion import REMEDIES, refuse_exhausted
from systems.process import ProcessSpec
from systems.system import ClientExhausted
from systems.temporal import examination, server
from systems.temporal.policies import PROFILES
from tests.support.histories import plan
from tests.support.results import result, temporal

ODD = "a#b?c%20d &;'\"=ü"

# -- what the client's machine ran out of


@pytest.mark.parametrize("number", REMEDIES, ids=lambda one: errno.errorcode[one])
def test_a_machine_that_gives_out_is_no_refusal(number: int) -> None:
    wrapped = ConnectionError("cannot connect")
    wrapped.__cause__ = OSError(number, os.strerror(number))
    with pytest.raises(ClientExhausted, match=f"{os.strerror(number)}; .+"):
        refuse_exhausted(wrapped)


@pytest.mark.parametrize(
    "said",
    [
        'Connection failed: tonic::transport::Error(Transport, Os { code: 24, kind: Uncategorized, message: "Too" })',
        "tcp connect error: Too many open files (os error 24)",
    ],
)
def test_what_the_sdk_says_of_it_is_understood(said: str) -> None:
    with pytest.raises(ClientExhausted, match=r"Too many open files; .*ulimit -n"):
        refuse_exhausted(RuntimeError(said))


def test_a_refused_connection_is_a_refusal() -> None:
    refuse_exhausted(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))
    refuse_exhausted(RuntimeError("tcp connect error: Connection refused (os error 111)"))


@pytest.mark.parametrize(
    ("arrival", "needed"), [(Arrival(), 300), (Arrival(concurrency=8), 8), (Arrival(rate=2.0), 120)]
)
def test_a_run_needs_a_file_for_every_submission_under_way(tmp_path: Path, arrival: Arrival, needed: int) -> None:
    made: Plan = plan(tmp_path)
    load = Load(tickets=300, arrival=arrival, timeout=60.0)
    scenario = msgspec.structs.replace(made.scenario, load=load)
    assert open_files.needed(scenario) == open_files.BASE + needed


@pytest.mark.parametrize(
    ("system", "arrival", "is_refused"),
    [
        ("sync", Arrival(), True),
        ("sync", Arrival(concurrency=249), True),
        ("sync", Arrival(concurrency=8), False),
        ("sync", Arrival(rate=1000.0), False),  # they may be answered as they come
        ("temporal", Arrival(), False),  # its clients share a connection
    ],
)
def test_clients_that_come_together_and_cannot_all_have_a_connection_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, arrival: Arrival, *, is_refused: bool
) -> None:
    load = Load(tickets=249, arrival=arrival, timeout=60.0)
    scenario = msgspec.structs.replace(plan(tmp_path).scenario, load=load)
    block = msgspec.structs.replace(scenario.systems[0], label="column", system=system)
    monkeypatch.setattr(open_files, "open_files", lambda: 256)
    told = r"column: 249 clients that come together, .* need 261 open files, this process may have 256: raise the hard"
    with pytest.raises(EnvironmentFailure, match=told) if is_refused else nullcontext():
        open_files.refuse_too_few(scenario, block)
    monkeypatch.setattr(open_files, "open_files", lambda: 261)
    open_files.refuse_too_few(scenario, block)


def test_few_files_are_a_warning_with_what_they_are_enough_for() -> None:
    found = doctor.open_files(256)
    assert (found.state, "192 tickets" in found.remedy) == ("warning", True)
    assert doctor.open_files(math.inf).state == "ok"


# -- places


def test_a_store_is_opened_at_any_path_and_its_audit_is_read(tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    path = folder / "store.sqlite"
    url = f"{dialect.FILE}{path}"
    create(url, "atomic", 1, 1)
    with closing(Store(url, "atomic")) as store, store.locked():
        pass
    with closing(Store(url, "atomic")) as store:
        store.open_ticket(Ticket(1, Priority.LOW), "w")
    history = History("one", 1)
    read_store(folder, history)
    assert [(row.table, row.row) for row in history.tables or ()] == [
        ("tickets", "1"),
        ("agents", "R-001"),
        ("agents", "S-001"),
    ]
    assert [(row.id, row.row) for row in history.audit] == [(1, "1")]
    assert (history.problems, [one.name for one in tmp_path.iterdir()]) == ([], [ODD])


def test_a_store_that_is_there_and_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"SQLite format 3\0" + b"nothing of the kind" * 99)
    with pytest.raises(RunFolderInvalid, match="is there, but cannot be read"):
        read_store(tmp_path, History("one", 1))


def test_a_path_too_long_for_the_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async def enter() -> None:
        async with database.database("sqlite", None, tmp_path / ("x" * 250) / ("y" * 250), tmp_path):  # type: ignore[arg-type]
            pass

    with pytest.raises(EnvironmentFailure, match="name a shorter --out"):
        asyncio.run(enter())


def test_the_engine_is_given_no_path_to_take_for_a_uri(tmp_path: Path) -> None:
    spec = server.process("/temporal", 7, tmp_path / ODD, PROFILES["default"], tmp_path / "log")
    assert (spec.folder, spec.argv[spec.argv.index("--db-filename") + 1]) == (str(tmp_path / ODD), "engine.sqlite")


def test_programs_of_the_database_are_put_where_they_may_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    monkeypatch.setattr(database, "OTHER_PLACES", (str(tmp_path),))
    assert database.made_place("x-", None, is_for_programs=True).parent == tmp_path
    monkeypatch.setattr(database, "OTHER_PLACES", ())
    with pytest.raises(EnvironmentFailure, match="set TMPDIR"):
        database.made_place("x-", None, is_for_programs=True)


# -- what is embedded inherits nothing that is meant for servers of yours


@pytest.fixture
def yours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEMPORAL_ENV", "TEMPORAL_ADDRESS", "TEMPORAL_TLS_CERT", "PGSSLMODE", "PGSERVICE", "PGOPTIONS"):
        monkeypatch.setenv(name, "yours")


@pytest.mark.usefixtures("yours")
def test_the_engine_inherits_nothing_and_has_a_name_and_a_home_of_its_own(tmp_path: Path) -> None:
    env = server.process("/temporal", 7, tmp_path, PROFILES["default"], tmp_path / "log").env
    assert {name for name, value in env.items() if value is None} >= {"TEMPORAL_ENV", "TEMPORAL_ADDRESS"}
    assert (env["USER"], env["HOME"], env["XDG_CONFIG_HOME"]) == ("chaos", str(tmp_path), str(tmp_path))


def test_the_engine_asks_nobody_for_newer_versions(tmp_path: Path) -> None:
    env = server.process("/temporal", 7, tmp_path, PROFILES["default"], tmp_path / "log").env
    assert env["TEMPORAL_VERSION_CHECK_DISABLED"] == "1"


@pytest.mark.usefixtures("yours")
def test_the_database_inherits_nothing() -> None:
    assert {name: database.without_yours()[name] for name in ("PGSSLMODE", "PGSERVICE", "PGOPTIONS")} == {
        "PGSSLMODE": None,
        "PGSERVICE": None,
        "PGOPTIONS": None,
    }


@pytest.mark.usefixtures("yours")
def test_a_child_does_without_what_is_taken_away_and_has_what_is_lent(tmp_path: Path) -> None:
    async def run() -> str:
        async with SupervisorClient(tmp_path, "one", tmp_path / "supervisor.log") as supervisor:
            supervisor.lent = {"PGSSLMODE": None, "PGPASSWORD": "lent"}
            argv = ("/usr/bin/env",)
            spec = ProcessSpec("database", 0, argv, str(tmp_path / "log"), reports=False, env={"TEMPORAL_ENV": None})
            assert await supervisor.reaped(await supervisor.spawn(spec), 10)
        return (tmp_path / "log").read_text()

    seen = dict(line.partition("=")[::2] for line in asyncio.run(run()).splitlines())
    assert (seen.get("PGSSLMODE"), seen.get("TEMPORAL_ENV"), seen["PGPASSWORD"], seen["PGSERVICE"]) == (
        None,
        None,
        "lent",
        "yours",
    )


# -- deaths


@pytest.mark.parametrize(("role", "name"), [("engine", "the engine"), ("database", "the database")])
def test_what_was_relied_on_and_ends_by_itself_ends_the_run_named_and_with_its_log(
    tmp_path: Path, role: str, name: str
) -> None:
    async def run() -> None:
        async with SupervisorClient(tmp_path, "one", tmp_path / "supervisor.log") as supervisor:
            argv = ("/bin/sh", "-c", "echo last words; exit 7")
            spec = ProcessSpec(role, 0, argv, str(tmp_path / "log"), reports=False)  # type: ignore[arg-type]
            proc = await supervisor.spawn(spec)
            assert await supervisor.reaped(proc, 10)
            assert not supervisor.failure.done()  # as it starts, who starts it may try again
            supervisor.rely_on(proc)
            await supervisor.failure

    with pytest.raises(ProcessDied, match=rf"(?s)one: {name} .* exit code 7; last lines of .*last words"):
        asyncio.run(run())


def test_the_death_is_told_and_not_what_it_made_of_the_rest(tmp_path: Path) -> None:
    async def broken() -> None:
        raise RuntimeError("connection lost")

    async def run() -> None:
        async with SupervisorClient(tmp_path, "one", tmp_path / "supervisor.log") as supervisor:
            spec = ProcessSpec("engine", 0, ("/bin/sleep", "60"), str(tmp_path / "log"), reports=False)
            proc = await supervisor.spawn(spec)
            supervisor.rely_on(proc)
            body = asyncio.create_task(broken())
            await asyncio.wait({body})
            os.kill(int(proc.partition("-")[0]), 9)
            await supervisor.named_first(body)

    with pytest.raises(ProcessDied, match=r"the engine .* signal SIGKILL"):
        asyncio.run(run())


# -- doctor tries what a run will do


def test_a_server_that_does_not_start_is_missing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "temporal"
    broken.write_text("#!/bin/sh\necho 'no $USER set in environment'\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CHAOS_TEMPORAL_BINARY", str(broken))
    found = examination.engine()
    assert (found.state, found.observed) == ("missing", "ended with 3: …no $USER set in environment")


def test_a_database_that_cannot_be_made_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(database.DSN, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    monkeypatch.setattr(database, "OTHER_PLACES", ())
    if not database.missing():
        assert doctor.postgresql().state == "warning"


# -- what columns differ in


def test_a_setting_that_one_column_has_and_another_lacks_is_a_difference() -> None:
    both = {"system": "temporal", "profile": "default"}
    columns = {
        "without": SystemResult({**both, "heartbeat": None}, (temporal(),)),
        "with": SystemResult({**both, "heartbeat": 1.0}, (temporal(),)),
    }
    compared = result(systems=columns)
    assert differences(compared) == "columns differ in: heartbeat – | 1 s"
