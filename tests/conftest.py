"""What several tests start from."""

import signal
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.desks import Receiver, receiver

# Under `nohup`, or in the background of a shell without jobs, these are ignored, and every program that is started here
# would ignore them, too: those that are sent one would go on.
for number, heard in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, heard)


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
