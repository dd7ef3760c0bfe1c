"""The databases that the store is tested on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import schema
from tests.support.stores import Ground


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
        if request.param == "postgresql":
            url = stack.enter_context(schema(request.getfixturevalue("postgresql")))
        made = Ground(url, [])
        yield made
        for store in made.stores:
            store.close()
