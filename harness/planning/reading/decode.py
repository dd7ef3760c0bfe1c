"""Nodes to values, guided by the types that `msgspec.inspect` describes; every mistake is noted where it stands."""

import difflib
import enum
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec.inspect as mi

from harness.planning.fields import fields
from harness.planning.reading.nodes import (
    MappingNode,
    Node,
    Page,
    ScalarNode,
    SequenceNode,
    described,
    is_null,
    key_of,
    place,
    scalar,
)
from systems.desk.units import FASTEST, LONGEST_S, MOST_SEED, SLOWEST

WRONG: Final = object()
"""What reading answers when it noted a mistake."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|h)")
_RATES = {"s": 1.0, "m": 1 / 60, "h": 1 / 3600}
_SPELT_OUT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<per>/|per)?\s*(?P<unit>[A-Za-z]+)")
_SHORT = {
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
}
"""Units as people write them elsewhere, and how they are written here: each has one spelling."""
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
NEAR, MISSPELT = 0.6, 0.8
"""How alike a word is to one that it may be meant for, and to one that it is surely meant for."""
BOUNDS = {"duration": (0.0, LONGEST_S), "rate": (SLOWEST, FASTEST)}
LIMITS = {
    "duration": f"at most {LONGEST_S / 3600:g}h, a year",
    "rate": f"between one ticket a year and {FASTEST:.0f}/s",
}
UNITS = {
    "duration": "a duration with a unit, such as 500ms, 2s, 5m",
    "share": "a share between 0 and 1, such as 0.3 or 30%",
    "rate": "a rate above 0, such as 20/s, 200/m",
}


@dataclass(slots=True)
class Decoder:
    """Decodes one page; `places` remembers where each path's key and value stand.

    `unread` are the paths whose value is unknown, as there is a mistake. What is checked afterwards asks for them
    (`knows`), so that one mistake is not followed by others that are only its consequence.
    """

    page: Page
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def wrong(self, node: Node, path: str, message: str) -> object:
        """Note a mistake where `node` begins, and that `path` could not be read."""
        self.page.wrong_at(node, message)
        self.unread.add(path)
        return WRONG

    def knows(self, *paths: str) -> bool:
        """Say whether all that stands at and below these paths could be read, or is absent."""
        return not any(_is_within(gap, path) or _is_within(path, gap) for gap in self.unread for path in paths)

    def place_of(self, path: str) -> tuple[int, int]:
        """Return where a path stands: its value, or the nearest thing around it that is there."""
        while path and path not in self.places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get(path, (1, 1))

    def struct(self, node: Node, kind: type, path: str, *, hidden: Iterable[str] = ()) -> dict[str, Any] | object:
        """Decode a mapping into the fields of a Struct type; `hidden` are not keys of a scenario."""
        shown = [key for key in fields(kind).values() if key.name not in hidden]
        known = {key.name: key.type for key in shown}
        required = [key.name for key in shown if key.required]
        return self.mapping(node, known, path, required=required)

    def mapping(
        self, node: Node, known: dict[str, mi.Type], path: str, *, required: Iterable[str] = ()
    ) -> dict[str, Any] | object:
        """Decode a mapping whose keys have types; null values are absent ones."""
        entries = self.entries(node, known, path)
        if entries is WRONG:
            return WRONG
        assert isinstance(entries, dict)  # noqa: S101 - or it were WRONG
        values = {key: self.value(value, known[key], f"{path}.{key}") for key, value in entries.items()}
        missing = [key for key in required if key not in entries]
        for key in missing:
            self.require(node, path, key, describe(known[key]))
        return WRONG if missing or any(value is WRONG for value in values.values()) else values

    def require(self, node: Node, path: str, key: str, what: str) -> object:
        """Note that a key is missing, where that stands which requires it."""
        return self.wrong(node, f"{path}.{key}", f"{_name(path)} requires the key {key!r}: expected {what}; found none")

    def entries(self, node: Node, known: Iterable[str], path: str) -> dict[str, Node] | object:
        """Return a mapping's non-null entries by known key; unknown keys are noted."""
        if not isinstance(node, MappingNode):
            return self.wrong(node, path, f"{_name(path)}: expected a mapping, found {described(node)}")
        names, written = list(known), set[str]()
        entries: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):  # noted when the nodes were composed
                continue
            name = key_of(key)
            where = f"{path}.{name}"
            self.places[f"{where}#key"], self.places[where] = place(key), place(value)
            if name not in names:
                self._unknown_key(key, name, names, path)
            elif not is_null(value):
                entries[name] = value
            if name in written:  # noted when the nodes were composed
                self.unread.add(where)
            written.add(name)
        return entries

    def _unknown_key(self, key: Node, name: str, names: list[str], path: str) -> None:
        """Note it; a key that it all but spells is not known to be absent any more."""
        self.page.wrong_at(key, unknown("key", name, names))
        self.unread |= {f"{path}.{key_meant}" for key_meant in nearest(name, names, MISSPELT)}

    def value(self, node: Node, info: mi.Type, path: str) -> Any:
        """Decode any value."""
        self.places.setdefault(path, place(node))
        if isinstance(info, mi.Metadata):
            unit = (info.extra or {}).get("unit")
            return self.value(node, info.type, path) if unit is None else self.quantity(node, unit, path)
        if isinstance(info, mi.UnionType):
            return self._union(node, info, path)
        if isinstance(info, mi.StructType):
            values = self.struct(node, info.cls, path)
            return info.cls(**values) if isinstance(values, dict) else WRONG
        if isinstance(info, mi.VarTupleType | mi.ListType):
            return self._sequence(node, info, path)
        return self._scalar(node, info, path)

    def quantity(self, node: Node, unit: str, path: str) -> Any:
        """Decode a duration (to s), a share (to a part of 1) or a rate (to 1/s)."""
        value = read_quantity(scalar(node), unit) if isinstance(node, ScalarNode) else None
        if value is None:
            return self._expected(node, path, UNITS[unit] + beyond(scalar(node), unit), respelt(scalar(node), unit))
        return value

    def _union(self, node: Node, info: mi.UnionType, path: str) -> Any:
        options = [option for option in info.types if not isinstance(option, mi.NoneType)]
        for option in options:
            if _fits(node, option):
                return self.value(node, option, path)
        # Nothing fits, so the mistake is of the whole choice: to blame one option would guess which was meant.
        units = [(option.extra or {}).get("unit", "") for option in options if isinstance(option, mi.Metadata)]
        hints = [respelt(scalar(node), unit) for unit in units]
        return self._expected(node, path, " or ".join(map(describe, options)), "".join(hints))

    def _sequence(self, node: Node, info: mi.VarTupleType | mi.ListType, path: str) -> Any:
        if not isinstance(node, SequenceNode):
            return self._expected(node, path, describe(info))
        values = [self.value(item, info.item_type, f"{path}[{n}]") for n, item in enumerate(node.value)]
        return WRONG if any(value is WRONG for value in values) else tuple(values)

    def _scalar(self, node: Node, info: mi.Type, path: str) -> Any:
        value = scalar(node)
        if isinstance(info, mi.EnumType | mi.LiteralType):
            choices = _choices(info)
            if not isinstance(value, str) or value not in choices:
                return self._expected(node, path, alternatives(value, choices))
            return info.cls(value) if isinstance(info, mi.EnumType) else value
        if isinstance(info, mi.IntType):
            # In Python True is an int: `tickets: true` would be one ticket.
            is_right = isinstance(value, int) and not isinstance(value, bool)
            is_right = is_right and _in_bounds(value, info)
            if isinstance(value, int | float) and value > _most(info):
                return self._expected(node, path, f"{describe(info)}, at most {_most(info)}")
        elif isinstance(info, mi.FloatType):
            is_right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        elif isinstance(info, mi.BoolType):
            is_right = isinstance(value, bool)
        else:
            is_right = isinstance(value, str)
        return value if is_right else self._expected(node, path, describe(info))

    def _expected(self, node: Node, path: str, what: str, hint: str = "") -> object:
        return self.wrong(node, path, f"{_name(path)}: expected {what}; found {described(node)}{hint}")


def read_quantity(value: object, unit: str) -> float | None:
    """Read a quantity of a scenario; None where it is none, or beyond its bounds."""
    if unit == "share":
        return _share(value)
    number = _as_written(value, unit)
    low, high = BOUNDS[unit]
    return number if number is not None and low <= number <= high else None


def _as_written(value: object, unit: str) -> float | None:
    pattern, factors = (_DURATION, _SECONDS) if unit == "duration" else (_RATE, _RATES)
    match = pattern.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    number = float(match[1])  # infinite, if it has very many digits
    # Divided, as 0.001 is no binary fraction: 9 * 0.001 is 0.009000000000000001, and would be shown so.
    return number * factors[match[2]] if factors[match[2]] >= 1 or unit == "rate" else number / 1000


def beyond(value: object, unit: str) -> str:
    """Say which bound of its unit a value breaks that is written as it should be; nothing for others."""
    number = None if unit == "share" else _as_written(value, unit)
    if not number:
        return ""
    return f", {LIMITS[unit]}"


def respelt(value: object, unit: str) -> str:
    """Say, as the end of a message, how a quantity is written here that spells its unit otherwise; mostly nothing."""
    match = _SPELT_OUT.fullmatch(value.strip()) if isinstance(value, str) and unit in BOUNDS else None
    short = None if match is None else _SHORT.get(match["unit"].lower())
    if match is None or short is None or (unit == "rate") != bool(match["per"]):
        return ""
    written = f"{match['number']}{'/' if unit == 'rate' else ''}{short}"
    return f"; write {written}" if written != value and read_quantity(written, unit) is not None else ""


def _share(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if 0 <= value <= 1 else None
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None or float(match[1]) > 100:  # noqa: PLR2004 - per cent
        return None
    return float(match[1]) / 100


def describe(info: mi.Type) -> str:
    """Say what a type expects, for a message."""
    if isinstance(info, mi.Metadata):
        unit = (info.extra or {}).get("unit")
        return UNITS[unit] if unit else describe(info.type)
    if isinstance(info, mi.EnumType | mi.LiteralType):
        return alternatives(None, _choices(info))
    if isinstance(info, mi.VarTupleType | mi.ListType):
        return f"a list of {describe(info.item_type)}"
    if isinstance(info, mi.StructType):
        return f"a mapping with {', '.join(key.name for key in info.fields)}"
    if isinstance(info, mi.IntType):
        low = info.ge if info.ge is not None else info.gt
        return "a whole number" + (f" of at least {low}" if low is not None else "")
    names = {mi.FloatType: "a number", mi.BoolType: "true or false", mi.StrType: "text"}
    return names.get(type(info), "a value")


def alternatives(value: object, choices: list[str]) -> str:
    """Say what the choices are, and which one was probably meant."""
    listed = choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    return listed + meant(value, choices)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Say that a name is unknown, which ones are known, and which one was probably meant."""
    names = list(known)
    return f"unknown {what}: expected one of {', '.join(names)}; found {name!r}{meant(name, names)}"


def meant(value: object, choices: Iterable[str]) -> str:
    """Suggest the nearest choice, if one is near."""
    near = nearest(value, choices)
    return f" (did you mean {near[0]}?)" if near else ""


def nearest(value: object, choices: Iterable[str], likeness: float = NEAR) -> list[str]:
    """Return the choice that was probably meant; none, if none is near (`likeness`: 1 is the same word)."""
    return difflib.get_close_matches(value, list(choices), 1, likeness) if isinstance(value, str) else []


def _is_within(path: str, outer: str) -> bool:
    """Say whether a path is the outer one, or below it."""
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _choices(info: mi.EnumType | mi.LiteralType) -> list[str]:
    if isinstance(info, mi.LiteralType):
        return [str(value) for value in info.values]
    members: list[enum.Enum] = list(info.cls)
    return [str(member.value) for member in members]


def _fits(node: Node, info: mi.Type) -> bool:
    """Say whether a node has the shape of a type, so that a union can choose."""
    if isinstance(info, mi.StructType):
        return isinstance(node, MappingNode)
    if isinstance(info, mi.VarTupleType | mi.ListType):
        return isinstance(node, SequenceNode)
    if not isinstance(node, ScalarNode):
        return False
    if isinstance(info, mi.LiteralType):
        return scalar(node) in info.values
    if isinstance(info, mi.Metadata):
        unit = (info.extra or {}).get("unit")
        return read_quantity(scalar(node), unit) is not None if unit else _fits(node, info.type)
    return True


def _in_bounds(value: int, info: mi.IntType) -> bool:
    is_low = (info.ge is not None and value < info.ge) or (info.gt is not None and value <= info.gt)
    return not is_low and abs(value) <= _most(info)


def _most(info: mi.IntType) -> int:
    """Return the highest whole number of a type; where it says none, what fits into 63 bits."""
    return MOST_SEED if info.le is None else int(info.le)


def _name(path: str) -> str:
    return path.lstrip(".") or "a scenario"
