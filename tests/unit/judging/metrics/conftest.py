"""The plans that literal histories are made of."""

from pathlib import Path

import pytest

from harness.planning.plan import Plan
from tests.support import histories


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


@pytest.fixture
def kill_plan(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path, histories.KILL)
