"""What several tests start from."""

import gc
import os
import signal
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.desks import Receiver, receiver

# Under `nohup`, or in the background of a shell without jobs, these are ignored, and every program that is started here
# would ignore them, too: those that are sent one would go on.
for number, heard in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, heard)


# What is imported and collected stays to the end. To look through all of it again and again, as it grows, would take a
# third of the time until the first test.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for cycles again, among what tests make."""
    gc.freeze()
    gc.enable()


LONG = {"acceptance", "contract"}
"""The folders whose tests run the program, for seconds each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the long tests out to all processes, each of which begins with its own.

    pytest-xdist gives every process as many tests, in their order, and lets one that is done take from the end of what
    another has left: then these are short ones, and no process waits at the end for the only one that is at work.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    by_file = [list(of_file) for _, of_file in groupby(items, key=lambda item: item.path)]
    dealt: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for turn, of_file in enumerate(one for one in by_file if _is_long(one[0].path)):
        dealt[turn % processes] += of_file
    short = [item for of_file in by_file if not _is_long(of_file[0].path) for item in of_file]
    for own in dealt:
        room = max(0, len(items) // processes - len(own))
        own.extend(short[:room])
        del short[:room]
    items[:] = [item for own in (*dealt, short) for item in own]


def _is_long(path: Path) -> bool:
    return path.parent.name in LONG


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sa.URL]:
    """One PostgreSQL for all tests of this process."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def standing_receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """One receiver for all tests of this process."""
    with receiver(tmp_path_factory.mktemp("receiver")) as one:
        yield one


@pytest.fixture
def outside(standing_receiver: Receiver) -> Receiver:
    """The standing receiver, with an empty ledger: for tests that leave nothing under way and let it live."""
    standing_receiver.path.write_bytes(b"")
    return standing_receiver
