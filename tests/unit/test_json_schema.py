from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.reading.bundled import bundled
from harness.reading.json_schema import scenario_schema

VALIDATOR = jsonschema.Draft202012Validator(scenario_schema())


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.stem)
def test_every_bundled_scenario_fits_the_published_schema(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"nam": "x"},
        {"name": "x", "settle": 60},
        {"name": "x", "load": {"tickets": 0}},
        {"name": "x", "load": {"arrival": {"rate": 20}}},
        {"name": "x", "desk": {"outcomes": {"kb_miss": 2}}},
        {"name": "x", "systems": {"a": {"system": "nope"}}},
        {"name": "x", "faults": [{"kind": "worker_kill"}]},
        {"name": "x", "faults": [{"kind": "worker_kill", "when": {"step": "nope"}}]},
    ],
    ids=str,
)
def test_a_broken_scenario_does_not_fit_the_schema(broken: object) -> None:
    assert list(VALIDATOR.iter_errors(broken))
