"""What several tests start from."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.support import postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sa.URL]:
    """One PostgreSQL for all tests of this process."""
    with postgres.server() as url:
        yield url
