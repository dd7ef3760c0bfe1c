"""The one folder that most of these tests read."""

from pathlib import Path

import pytest

from tests.unit.history.written import written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path)
