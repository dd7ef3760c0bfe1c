"""The JSON Schema of a scenario, for editors: made from the same types that reading decodes into."""

from typing import Any

import msgspec
import msgspec.inspect as mi

from harness.faults.kinds import KINDS
from harness.planning.fields import fields
from harness.planning.scenario import Arrival, Desk, Load, Resubmit, Scenario, SystemBlock
from systems import registry
from systems.desk.config import Safeguards
from systems.desk.model import Step
from systems.desk.units import MOST_REPETITIONS, Duration

REF = "#/$defs/{name}"
NULL = {"type": "null"}
NOTES = ("description", "default")
WRITTEN: dict[str, dict[str, Any]] = {
    "duration": {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$", "examples": ["50ms", "2s", "5m"]},
    "rate": {"type": "string", "pattern": r"^\d+(\.\d+)?/(s|m|h)$", "examples": ["20/s", "200/m"]},
    "share": {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"},
        ],
        "examples": [0.3, "30%"],
    },
}
SUFFIXES = {"duration": "s", "rate": "/s"}
HIDDEN_OF_FAULTS = ("line", "name")
ARRIVAL = {"anyOf": [{"const": "all_at_once"}, {"$ref": "#/$defs/Arrival"}]}
WHICH_SYSTEM = "which system the column is; needed where the label is no system's name"


def scenario_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of a scenario file."""
    settings = {name: registry.kind(name) for name in registry.names()}
    types = [Load, Desk, Resubmit, Safeguards, Arrival, Duration, *settings.values(), *KINDS.values()]
    made, definitions = msgspec.json.schema_components(types, ref_template=REF)
    duration = made[types.index(Duration)]
    for part in (made, definitions):
        _with_units(part)
    for section, name, value in ((Desk, "step_time", _step_time(duration)), (Load, "arrival", ARRIVAL)):
        definitions[section.__name__]["properties"][name] = value | {"description": meanings(section)[name]}
    definitions["Desk"].pop("required", None)
    for kind, fault in KINDS.items():
        _as_written(definitions[fault.__name__], kind)
    blocks = {name: _block(name, definitions[kind.__name__]) for name, kind in settings.items()}
    for definition in definitions.values():
        if definition.get("type") == "object":
            definition.setdefault("additionalProperties", False)
            _allow_null(definition)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A chaos scenario",
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": _sections(blocks, duration),
        "$defs": definitions,
    }
    _allow_null(schema)
    return schema


def meanings(kind: Any) -> dict[str, str]:
    """Return what the keys of a Struct type mean, as its fields say."""
    noted = {name: field.type for name, field in fields(kind).items() if isinstance(field.type, mi.Metadata)}
    notes = {name: kind.extra_json_schema or {} for name, kind in noted.items()}
    return {name: note["description"] for name, note in notes.items() if "description" in note}


def _allow_null(definition: dict[str, Any]) -> None:
    """Let every key that is not required be null, which stands for absent."""
    required = definition.get("required", ())
    for key, value in definition["properties"].items():
        if key not in required:
            definition["properties"][key] = _or_null(value)


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    notes = {key: note for key, note in value.items() if key in NOTES}
    rest = {key: rule for key, rule in value.items() if key not in NOTES}
    options = rest.get("anyOf", [rest])
    return {**notes, "anyOf": [*(option for option in options if option != NULL), NULL]}


def _with_units(part: Any) -> None:
    """Turn every quantity, a number inside, into what a scenario writes: a string with a unit."""
    if isinstance(part, list | tuple):
        for item in part:
            _with_units(item)
    elif isinstance(part, dict):
        unit = part.get("x-unit")
        if unit is not None:
            _write_unit(part, unit)
        for option in part.get("anyOf", ()):
            _write_default(part, option.get("x-unit"))  # the unit is one option's, the default stands outside
        for value in part.values():
            _with_units(value)


def _write_unit(part: dict[str, Any], unit: str) -> None:
    for key in ("x-unit", "type", "minimum", "maximum", "exclusiveMinimum"):
        part.pop(key, None)
    part |= WRITTEN[unit]
    _write_default(part, unit)


def _write_default(part: dict[str, Any], unit: str | None) -> None:
    suffix = SUFFIXES.get(str(unit))
    if suffix and isinstance(part.get("default"), int | float):
        part["default"] = f"{part['default']:g}{suffix}"


def _sections(blocks: dict[str, Any], duration: dict[str, Any]) -> dict[str, Any]:
    label = {"pattern": "^[a-z][a-z0-9-]*$"}
    any_block = {"anyOf": [{"$ref": f"#/$defs/{registry.kind(name).__name__}"} for name in blocks] + [{"type": "null"}]}
    sections: dict[str, dict[str, Any]] = {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$"},
        "description": {"type": "string"},
        "seed": {"type": "integer", "default": 1},
        "repeat": {"type": "integer", "minimum": 1, "maximum": MOST_REPETITIONS, "default": 1},
        "load": {"$ref": "#/$defs/Load"},
        "desk": {"$ref": "#/$defs/Desk"},
        "systems": {
            "anyOf": [
                {
                    "type": "object",
                    "propertyNames": label,
                    "additionalProperties": any_block,
                },
                {"type": "array", "items": {"enum": registry.names()}},
            ],
        },
        "faults": {"type": "array", "items": {"anyOf": [{"$ref": f"#/$defs/{k.__name__}"} for k in KINDS.values()]}},
        "settle": {**duration, "default": "60s"},
        "expect": {"type": "array", "items": {"type": "string"}},
    }
    return {name: section | {"description": meanings(Scenario)[name]} for name, section in sections.items()}


def _step_time(duration: dict[str, Any]) -> dict[str, Any]:
    every: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    every["properties"] = {name: _or_null(duration) for name in ("default", *(step.value for step in Step))}
    return {"anyOf": [duration, every]}


def _as_written(definition: dict[str, Any], kind: str) -> None:
    """Turn a fault's type into its block: with a kind and a name, without what reading adds."""
    properties = definition["properties"]
    for hidden in HIDDEN_OF_FAULTS:
        properties.pop(hidden, None)
    properties["kind"] = {"const": kind, "description": KINDS[kind].summary}
    properties["name"] = {"type": "string", "description": meanings(KINDS[kind])["name"]}
    required = [name for name in definition.get("required", ()) if name not in HIDDEN_OF_FAULTS]
    definition["required"] = ["kind", *(name for name in required if name != "kind")]


def _block(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Add to a system's settings what every block of `systems:` may hold."""
    definition["properties"] = {
        "system": {"const": name, "description": WHICH_SYSTEM},
        **{key: value for key, value in definition["properties"].items() if key != "system"},
        "resubmit": {"$ref": "#/$defs/Resubmit", "description": meanings(SystemBlock)["resubmit"]},
        "safeguards": {"$ref": "#/$defs/Safeguards", "description": meanings(SystemBlock)["safeguards"]},
    }
    definition["required"] = []
    return definition
