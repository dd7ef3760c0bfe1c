"""What several tests start from."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.desks import Receiver, receiver


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
