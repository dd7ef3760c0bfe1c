"""`--system`: which selections leave a fault without a column, so that a run would prove nothing of it."""

from pathlib import Path

import pytest

from harness.cli.run import _check_faults
from harness.errors import UsageInvalid
from harness.planning.scenario import Scenario
from tests.unit.planning.test_reading import scenario_from

TEXT = """\
name: x
systems:
  one: {system: temporal}
  two: {system: temporal}
  three: {system: sync}
faults:
  - {kind: engine_kill, when: {after: 1s}, systems: [one]}
  - {kind: worker_kill, when: {after: 1s}, systems: [two]}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return scenario_from(tmp_path, TEXT)


@pytest.mark.parametrize("labels", [(), ("one",), ("two",), ("two", "three")])
def test_a_fault_that_is_for_other_columns_is_left_out_with_them(scenario: Scenario, labels: tuple[str, ...]) -> None:
    _check_faults([scenario], labels)


def test_a_selection_for_which_no_fault_is_meant_is_refused(scenario: Scenario) -> None:
    with pytest.raises(UsageInvalid, match=r"expected a system that can take the engine_kill of x \(line 7\)"):
        _check_faults([scenario], ("three",))
