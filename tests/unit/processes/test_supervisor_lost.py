"""A supervisor that is gone: whoever still gives it an order is told so at once, and its folders go in any case."""

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import EnvironmentFailure
from harness.processes.folders import remove
from harness.processes.supervisor_client import SupervisorClient, log_tail
from systems.process import ProcessSpec
from tests.support.chaos import wait_for


def supervised(folder: Path) -> SupervisorClient:
    return SupervisorClient(folder, "one", folder / "supervisor.log")


async def order_after_death(folder: Path) -> None:
    async with supervised(folder) as supervisor:
        sleeping = (sys.executable, "-c", "import time; time.sleep(60)")
        proc = await supervisor.spawn(ProcessSpec("worker", 0, sleeping, str(folder / "log"), reports=False))
        os.kill(supervisor.pid, signal.SIGKILL)
        await asyncio.wait({supervisor.failure})
        async with asyncio.timeout(5):
            await supervisor.signal(proc, signal.SIGCONT, "1.1")


def test_an_order_after_the_supervisors_death_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="the supervisor of the run's processes died"):
        asyncio.run(order_after_death(tmp_path))


async def journal_cut_at(size_bytes: int, folder: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    supervisor = supervised(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, limits[1]))
    try:
        await supervisor.__aenter__()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    try:
        await supervisor.spawn(ProcessSpec("worker", 0, ("true",), str(folder / "log"), reports=False))
        async with asyncio.timeout(5):
            await supervisor.failure
    finally:
        await supervisor.__aexit__()


@pytest.mark.parametrize("size_bytes", [200, 300])
def test_a_supervisor_that_cannot_write_says_what_and_where(tmp_path: Path, size_bytes: int) -> None:
    """Room for the record that it has begun, or for that of the process that it started too, and for no more."""
    with pytest.raises(EnvironmentFailure, match=r"the disk is full, a record was cut: '.*/supervisor-0-.*\.jsonl'"):
        asyncio.run(journal_cut_at(size_bytes, tmp_path))


@pytest.mark.parametrize("blocks", [0, 1])
def test_a_log_on_a_full_disk_is_quoted_with_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int) -> None:
    log = tmp_path / "engine-0.log"
    log.write_text("the last words\n")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=blocks))
    assert "the last words" in log_tail(log)
    assert ("the disk is full" in log_tail(log)) == (blocks == 0)


async def interrupted_as_it_starts(folder: Path) -> int:
    supervisor = supervised(folder)
    starting = asyncio.create_task(supervisor.__aenter__())
    await asyncio.sleep(0)  # it has started the process, and waits for the connection
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    return supervisor.pid


def test_a_supervisor_whose_start_is_interrupted_is_waited_for(tmp_path: Path) -> None:
    pid = asyncio.run(interrupted_as_it_starts(tmp_path))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def killed_with_folder(folder: Path, place: Path) -> None:
    async with supervised(folder) as supervisor:
        await supervisor.remove_at_end(place)
        os.kill(supervisor.pid, signal.SIGTERM)
        await asyncio.to_thread(wait_for, lambda: not place.exists(), "the folder is gone", 5)


def test_a_folder_goes_with_the_supervisor_whoever_ends_it(tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / "data").mkdir(parents=True)
    asyncio.run(killed_with_folder(tmp_path, place))


def test_a_folder_that_something_still_writes_into_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, tries = tmp_path / "place", []
    place.mkdir()

    def refuses_once(path: Path) -> None:
        tries.append(path)
        if len(tries) == 1:
            raise OSError(39, "Directory not empty")
        path.rmdir()

    monkeypatch.setattr("shutil.rmtree", refuses_once)
    assert remove(place, 5)
    assert not place.exists()
    assert len(tries) == 2
