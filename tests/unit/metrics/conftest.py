"""The plans that literal histories are made of."""

from pathlib import Path

import pytest

from harness.plan import Plan
from tests.unit import histories


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


@pytest.fixture
def kill_plan(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path, histories.KILL)
