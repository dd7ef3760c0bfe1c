"""A Scenario as YAML text, which reads back as the same scenario: what is a default is left out. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import msgspec.inspect as mi
import yaml
from msgspec import UNSET

from harness.faults.spec import FaultSpec
from harness.planning.fields import fields
from harness.planning.scenario import Desk, Load, Scenario, SystemBlock
from systems import registry

DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SIGNS = {"duration": "s", "rate": "/s"}
UNWRITTEN = frozenset({"line"})
"""What reading adds, and no scenario says."""
PYTHON: dict[type[mi.Type], tuple[type, ...]] = {
    mi.VarTupleType: (tuple, list),
    mi.ListType: (tuple, list),
    mi.FloatType: (int, float),
    mi.IntType: (int,),
    mi.StrType: (str,),
}


def write(scenario: Scenario, remark: str = "") -> str:
    """Return the text of a scenario, under a remark of as many lines as it has."""
    comment = "".join(f"# {line}\n" for line in remark.splitlines())
    return comment + yaml.dump(
        _written(scenario), Dumper=DUMPER, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True
    )


def _written(scenario: Scenario) -> dict[str, Any]:
    plain = {"name": scenario.name, "description": scenario.description, "seed": scenario.seed}
    plain["repeat"] = scenario.repeat
    expect = [expected.text for expected in scenario.expect]
    whole = {
        **plain,
        "load": _load(scenario.load),
        "desk": _desk(scenario.desk),
        "systems": {block.label: _block(block, scenario) for block in scenario.systems},
        "faults": [_fault(fault) for fault in scenario.faults],
        "settle": _quantity(scenario.settle, "duration"),
        "expect": expect,
    }
    return {key: value for key, value in whole.items() if value not in ("", [], {})}


def _load(load: Load) -> dict[str, Any]:
    written = _struct(load)
    if load.listed:
        # Each ticket says it; what stands here counts them.
        written.pop("arrival", None)
        written.pop("priorities", None)
    elif load.arrival.rate is None and load.arrival.concurrency is None:
        written["arrival"] = "all_at_once"
    return written


def _desk(desk: Desk) -> dict[str, Any]:
    ((usual, _),) = Counter(desk.step_time.values()).most_common(1)
    others = {step: _quantity(time_s, "duration") for step, time_s in desk.step_time.items() if time_s != usual}
    every = _quantity(usual, "duration")
    return {**_struct(desk), "step_time": {"default": every, **others} if others else every}


def _block(block: SystemBlock, scenario: Scenario) -> dict[str, Any]:
    settings: Any = msgspec.convert(block.settings, registry.kind(block.system))
    written = {"system": block.system, **_struct(settings)}
    if block.resubmit != scenario.load.resubmit:
        written["resubmit"] = _whole(block.resubmit)
    if block.safeguards != scenario.desk.safeguards:
        written["safeguards"] = _whole(block.safeguards)
    return written


def _fault(fault: FaultSpec) -> dict[str, Any]:
    return {"kind": fault.kind(), **_struct(fault)}


def _struct(value: msgspec.Struct) -> dict[str, Any]:
    """Write the fields of a Struct that are not their defaults."""
    return {
        key: written
        for key, written in _whole(value).items()
        if getattr(value, key) != _default(type(value), key) and key not in UNWRITTEN
    }


def _whole(value: msgspec.Struct) -> dict[str, Any]:
    """Write every field of a Struct."""
    held = ((name, getattr(value, name), field.type) for name, field in fields(type(value)).items())
    return {name: _value(one, kind) for name, one, kind in held if one is not None and one is not UNSET}


def _default(kind: type, name: str) -> Any:
    """Return the default of a field, or something that equals nothing."""
    field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
    return field.default if field.default is not msgspec.NODEFAULT else object()


def _value(value: Any, kind: mi.Type) -> Any:
    if isinstance(kind, mi.Metadata):
        unit = (kind.extra or {}).get("unit")
        return _value(value, kind.type) if unit is None else _quantity(value, unit)
    if isinstance(kind, mi.UnionType):
        return _value(value, next(option for option in kind.types if _is_of(value, option)))
    if isinstance(value, msgspec.Struct):
        return _struct(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        item = kind.item_type if isinstance(kind, mi.VarTupleType | mi.ListType) else mi.AnyType()
        return [_value(entry, item) for entry in value]
    return value.value if isinstance(kind, mi.EnumType) else value


def _is_of(value: Any, kind: mi.Type) -> bool:
    """Say whether a value is of that option of a union."""
    if isinstance(kind, mi.Metadata):
        return _is_of(value, kind.type)
    if isinstance(kind, mi.LiteralType):
        return value in kind.values
    if isinstance(kind, mi.StructType | mi.EnumType):
        return isinstance(value, kind.cls)
    return isinstance(value, PYTHON.get(type(kind), ()))


def _quantity(value: float, unit: str) -> Any:
    return value if unit == "share" else f"{value:.10g}{SIGNS[unit]}"
