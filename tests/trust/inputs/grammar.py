"""Scenarios by the program's own JSON Schema: what a key may hold is asked of it, so that new keys are covered."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from harness.planning.reading.bundled import bundled
from harness.planning.reading.json_schema import scenario_schema

Tree = Any
"""What YAML holds: mappings, lists and plain values."""
FEW = 4
EDGES = (0, 1, 2, 7, 999_999, 1_000_000, 1_000_001, 2**31, 2**63 - 1, 2**63, 10**40, -1)


@cache
def whole() -> st.SearchStrategy[Tree]:
    """Make a scenario of any sections, each by its schema."""
    return _made(scenario_schema())


@cache
def section(name: str) -> st.SearchStrategy[Tree]:
    """Make one section of a scenario."""
    schema = scenario_schema()
    return _made(schema["properties"][name], schema["$defs"])


@cache
def sections() -> tuple[str, ...]:
    """Return the names of the sections."""
    return tuple(scenario_schema()["properties"])


@cache
def examples() -> tuple[Tree, ...]:
    """Return the bundled scenarios."""
    return tuple(yaml.safe_load(Path(path).read_text(encoding="utf-8")) for path in bundled())


def _made(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> st.SearchStrategy[Tree]:
    known = schema.get("$defs", definitions or {})
    if "$ref" in schema:
        return _made(known[schema["$ref"].rpartition("/")[2]], known)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    made = _of_type(schema, known)
    return st.sampled_from(schema["examples"]) | made if "examples" in schema else made


def _of_type(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[Tree]:
    if "anyOf" in schema:
        return st.one_of(*(_made(option, known) for option in schema["anyOf"]))
    return _TYPES[schema.get("type", "null")](schema, known)


def _text(schema: dict[str, Any], _known: dict[str, Any]) -> st.SearchStrategy[Tree]:
    pattern = schema.get("pattern")
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True) if pattern else st.text(max_size=20)


def _whole_number(schema: dict[str, Any], _known: dict[str, Any]) -> st.SearchStrategy[Tree]:
    least = schema.get("minimum", -3)
    return st.integers(least, least + 12) | st.sampled_from(EDGES)


def _mapping(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[Tree]:
    if "properties" not in schema:
        labels = _made({"type": "string", **schema["propertyNames"]}) | st.sampled_from(("sync", "temporal"))
        return st.dictionaries(labels, _made(schema["additionalProperties"], known), max_size=FEW)
    keys = {name: _made(value, known) for name, value in schema["properties"].items()}
    required = {name: keys.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(required, optional=keys)


_TYPES: dict[str, Callable[[dict[str, Any], dict[str, Any]], st.SearchStrategy[Tree]]] = {
    "object": _mapping,
    "array": lambda schema, known: st.lists(_made(schema["items"], known), max_size=FEW),
    "string": _text,
    "integer": _whole_number,
    "number": lambda schema, _: st.floats(schema.get("minimum"), schema.get("maximum")),
    "boolean": lambda _schema, _known: st.booleans(),
    "null": lambda _schema, _known: st.none(),
}
