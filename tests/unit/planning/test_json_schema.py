import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.planning.reading import read
from harness.planning.reading.bundled import bundled
from harness.planning.reading.json_schema import scenario_schema

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


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nload:\ndesk:\nsystems:\nfaults:\nexpect:\nsettle:\nseed:\nrepeat:\ndescription:\n",
        "name: x\nload: {tickets: , arrival: , priorities: {low: 1, high: }, resubmit: {attempts: }}\n",
        "name: x\ndesk: {step_time: {default: }, agents: {regular: }, outcomes: {kb_miss: }, safeguards: }\n",
        "name: x\nsystems: {sync: , temporal: {profile: , resubmit: , system: }}\n",
        "name: x\nfaults: [{kind: worker_kill, name: , when: {after: 1s, every: }, restart_after: , target: }]\n",
    ],
)
def test_a_null_section_is_an_absent_one_for_editors_too(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    assert read(str(tmp_path / "s.yaml"))
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    "broken",
    [{"name": None}, {"name": "x", "faults": [{"kind": "worker_kill", "when": None}]}, {"name": "x", "faults": [None]}],
    ids=str,
)
def test_what_is_required_is_not_null(broken: object) -> None:
    assert list(VALIDATOR.iter_errors(broken))


@pytest.mark.parametrize(
    ("path", "examples"),
    [
        (("Load", "timeout"), ["50ms", "2s", "5m"]),
        (("Arrival", "rate"), ["20/s", "200/m"]),
        (("When", "every"), ["50ms", "2s", "5m"]),
    ],
)
def test_a_quantity_shows_how_it_is_written(path: tuple[str, str], examples: list[str]) -> None:
    definition, key = path
    assert json.dumps(examples) in json.dumps(scenario_schema()["$defs"][definition]["properties"][key])
