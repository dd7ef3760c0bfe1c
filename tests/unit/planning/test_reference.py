from collections.abc import Iterator
from typing import Any

import pytest

from harness.planning.reading.json_schema import scenario_schema
from harness.planning.reading.reference import reference
from systems.desk.model import Step
from systems.desk.units import Duration, Rate, Share
from systems.temporal.policies import PROFILES
from tests.support.chaos import ROOT

OF_UNITS = {meta.description for unit in (Duration, Share, Rate) for meta in unit.__metadata__}  # type: ignore[attr-defined]


def keys() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key of a scenario with what editors are told of it."""
    schema = scenario_schema()
    for name, section in {"": schema, **schema["$defs"]}.items():
        for key, value in section.get("properties", {}).items():
            yield f"{name}.{key}", value


@pytest.mark.parametrize(("name", "value"), list(keys()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_key_says_what_it_means_beyond_its_unit(name: str, value: dict[str, Any]) -> None:
    assert value.get("description"), f"give the field of {name} a meaning(…)"
    assert value["description"] not in OF_UNITS


def test_the_page_says_the_same_as_an_editor_shows() -> None:
    page = reference()
    assert [name for name, value in keys() if value["description"] not in page] == []


def test_the_page_names_every_step_with_a_flow_that_passes_it_and_every_profile() -> None:
    page = reference()
    flows = [line for line in page.splitlines() if " → " in line]
    assert [step for step in Step if f"| `{step}` |" not in page or not any(step in line for line in flows)] == []
    assert f"| what it sets | {' | '.join(f'`{name}`' for name in PROFILES)} |" in page


def test_the_reference_page_says_what_the_types_say() -> None:
    page = (ROOT / "docs" / "scenario-reference.md").read_text()
    assert page == reference(), (
        "write it anew: python -m harness.planning.reading.reference > docs/scenario-reference.md"
    )
