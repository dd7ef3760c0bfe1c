"""The JSON Schema of a scenario, for editors: made from the same types that reading decodes into."""

from typing import Any

import msgspec

from harness.faults.kinds import KINDS
from harness.planning.scenario import Arrival, Desk, Load, Resubmit
from systems.desk.config import Safeguards
from systems.desk.model import Step
from systems.desk.units import Duration
from systems.registry import SETTINGS

REF = "#/$defs/{name}"
NULL = {"type": "null"}
NOTES = ("description", "default")
WRITTEN: dict[str, dict[str, Any]] = {
    "duration": {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$"},
    "rate": {"type": "string", "pattern": r"^\d+(\.\d+)?/(s|m)$"},
    "share": {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"},
        ]
    },
}
SUFFIXES = {"duration": "s", "rate": "/s"}
HIDDEN_OF_FAULTS = ("line", "name")


def scenario_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of a scenario file."""
    types = [Load, Desk, Resubmit, Safeguards, Arrival, Duration, *SETTINGS.values(), *KINDS.values()]
    made, definitions = msgspec.json.schema_components(types, ref_template=REF)
    duration = made[types.index(Duration)]
    for part in (made, definitions):
        _with_units(part)
    definitions["Desk"]["properties"]["step_time"] = _step_time(duration)
    definitions["Desk"].pop("required", None)
    definitions["Load"]["properties"]["arrival"] = {"anyOf": [{"const": "all_at_once"}, {"$ref": "#/$defs/Arrival"}]}
    for kind, fault in KINDS.items():
        _as_written(definitions[fault.__name__], kind)
    blocks = {name: _block(name, definitions[kind.__name__]) for name, kind in SETTINGS.items()}
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


def _allow_null(definition: dict[str, Any]) -> None:
    """Let every key that is not required be null, which stands for absent."""
    required = definition.get("required", ())
    for key, value in definition["properties"].items():
        if key not in required:
            definition["properties"][key] = _or_null(value)


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    notes = {key: one for key, one in value.items() if key in NOTES}
    rest = {key: one for key, one in value.items() if key not in NOTES}
    options = rest.get("anyOf", [rest])
    return {**notes, "anyOf": [*(one for one in options if one != NULL), NULL]}


def _with_units(part: Any) -> None:
    """Turn every quantity, a number inside, into what a scenario writes: a string with a unit."""
    if isinstance(part, list | tuple):
        for one in part:
            _with_units(one)
    elif isinstance(part, dict):
        unit = part.get("x-unit")
        if unit is not None:
            _write_unit(part, unit)
        for option in part.get("anyOf", ()):
            _write_default(part, option.get("x-unit"))  # the unit is one option's, the default stands outside
        for one in part.values():
            _with_units(one)


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
    any_block = {"anyOf": [{"$ref": f"#/$defs/{SETTINGS[name].__name__}"} for name in blocks] + [{"type": "null"}]}
    return {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$", "description": "the scenario's name, a slug"},
        "description": {"type": "string", "description": "the question that the scenario answers"},
        "seed": {"type": "integer", "default": 1},
        "repeat": {"type": "integer", "minimum": 1, "default": 1, "description": "repetitions of every system"},
        "load": {"$ref": "#/$defs/Load"},
        "desk": {"$ref": "#/$defs/Desk"},
        "systems": {
            "description": "the columns of the comparison, by label; or a list of systems as they come",
            "anyOf": [
                {
                    "type": "object",
                    "propertyNames": label,
                    "additionalProperties": any_block,
                },
                {"type": "array", "items": {"enum": list(SETTINGS)}},
            ],
        },
        "faults": {"type": "array", "items": {"anyOf": [{"$ref": f"#/$defs/{k.__name__}"} for k in KINDS.values()]}},
        "settle": {**duration, "default": "60s"},
        "expect": {"type": "array", "items": {"type": "string"}, "description": "such as: temporal.lost == 0"},
    }


def _step_time(duration: dict[str, Any]) -> dict[str, Any]:
    every: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    every["properties"] = {name: _or_null(duration) for name in ("default", *(step.value for step in Step))}
    return {"anyOf": [duration, every]}


def _as_written(definition: dict[str, Any], kind: str) -> None:
    """Turn a fault's type into its block: with a kind and a name, without what reading adds."""
    properties = definition["properties"]
    for hidden in HIDDEN_OF_FAULTS:
        properties.pop(hidden, None)
    properties["kind"] = {"const": kind}
    properties["name"] = {"type": "string"}
    required = [name for name in definition.get("required", ()) if name not in HIDDEN_OF_FAULTS]
    definition["required"] = ["kind", *(name for name in required if name != "kind")]


def _block(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Add to a system's settings what every block of `systems:` may hold."""
    definition["properties"] |= {
        "system": {"const": name},
        "resubmit": {"$ref": "#/$defs/Resubmit"},
        "safeguards": {"$ref": "#/$defs/Safeguards"},
    }
    definition["required"] = []
    return definition
