"""Nodes to a Scenario: the sections, their defaults and their short forms."""

import re
from typing import Any

import msgspec.inspect as mi
import msgspec.structs

from harness.faults import KINDS
from harness.metrics.catalogue import CATALOGUE
from harness.reading.decode import WRONG, Decoder, one_of, unknown
from harness.reading.expectations import read_expectation
from harness.reading.nodes import MappingNode, Node, ScalarNode, SequenceNode, found, is_null, place, scalar
from harness.scenario import Arrival, Desk, Expectation, Load, Resubmit, Scenario, SystemBlock
from systems.desk.config import Safeguards
from systems.desk.model import Step
from systems.registry import SETTINGS

SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
LABEL = re.compile(r"[a-z][a-z0-9-]*")
DEFAULT_STEP_TIME_S = 0.02
SECTIONS = ("name", "description", "seed", "repeat", "load", "desk", "systems", "faults", "settle", "expect")
CHAOS_TOOLKIT = {"method", "steady-state-hypothesis", "rollbacks", "title"}


class Reader:
    """Reads one scenario; sections are read whatever became of the others, so that all mistakes come at once."""

    def __init__(self, decoder: Decoder) -> None:
        self._decode = decoder
        self._page = decoder.page

    def scenario(self, root: Node) -> Scenario | None:
        """Read the whole; None where anything is wrong."""
        if self._is_of_chaos_toolkit(root):
            return None
        entries = self._decode.entries(root, SECTIONS, "")
        if entries is WRONG or not isinstance(entries, dict):
            return None
        plain = self._plain(entries)
        load = self._load(entries.get("load"))
        desk = self._desk(entries.get("desk"))
        systems = self._systems(entries.get("systems"), load, desk)
        faults = self._faults(entries.get("faults"))
        expect = self._expect(entries.get("expect"), _labels(entries.get("systems")))
        if "name" not in entries:
            self._page.wrong_at(root, "a scenario requires the key 'name'")
        if self._page.mistakes or load is None or desk is None or systems is None:
            return None
        return Scenario(load=load, desk=desk, systems=systems, faults=faults, expect=expect, **plain)

    def _is_of_chaos_toolkit(self, root: Node) -> bool:
        if not isinstance(root, MappingNode):
            return False
        theirs = [key for key, _ in root.value if getattr(key, "value", "") in CHAOS_TOOLKIT]
        if theirs:
            other = "this is a Chaos Toolkit experiment; a scenario of this harness has load, systems and faults"
            self._page.wrong_at(theirs[0], f"{other}: see `chaos list` for examples and `chaos schema` for the keys")
        return bool(theirs)

    def _plain(self, entries: dict[str, Node]) -> dict[str, Any]:
        types = {one.name: one.type for one in _fields(Scenario)}
        values: dict[str, Any] = {
            key: self._decode.value(entries[key], types[key], f".{key}")
            for key in ("name", "description", "seed", "repeat", "settle")
            if key in entries
        }
        name = values.get("name")
        if isinstance(name, str) and not SLUG.fullmatch(name):
            self._page.wrong_at(
                entries["name"], f"name: expected a slug such as kill-mid-investigation, found {name!r}"
            )
        return values

    def _load(self, node: Node | None) -> Load | None:
        if node is None:
            return Load()
        types = {one.name: one.type for one in _fields(Load)}
        entries = self._decode.entries(node, types, ".load")
        if not isinstance(entries, dict):
            return None
        values = {
            key: self._arrival(value) if key == "arrival" else self._decode.value(value, types[key], f".load.{key}")
            for key, value in entries.items()
        }
        weights = values.get("priorities")
        if weights not in {None, WRONG} and not (weights.low or weights.medium or weights.high):
            self._page.wrong_at(entries["priorities"], "load.priorities: expected a weight above 0, found none")
        return None if WRONG in values.values() else Load(**values)

    def _arrival(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            if scalar(node) == "all_at_once":
                return Arrival()
            return self._wrong(
                node, f"load.arrival: expected all_at_once, a rate or a concurrency, found {found(node)}"
            )
        values = self._decode.struct(node, Arrival, ".load.arrival")
        if not isinstance(values, dict):
            return WRONG
        if len(values) != 1:
            return self._wrong(node, "load.arrival: expected exactly one of rate, concurrency")
        return Arrival(**values)

    def _desk(self, node: Node | None) -> Desk | None:
        everywhere = {step.value: DEFAULT_STEP_TIME_S for step in Step}
        if node is None:
            return Desk(step_time=everywhere)
        types = {one.name: one.type for one in _fields(Desk)}
        entries = self._decode.entries(node, types, ".desk")
        if not isinstance(entries, dict):
            return None
        values = {
            key: self._step_time(value) if key == "step_time" else self._decode.value(value, types[key], f".desk.{key}")
            for key, value in entries.items()
        }
        values.setdefault("step_time", everywhere)
        return None if WRONG in values.values() else Desk(**values)

    def _step_time(self, node: Node) -> Any:
        if not isinstance(node, MappingNode):
            every = self._decode.quantity(node, "duration", ".desk.step_time")
            return WRONG if every is WRONG else {step.value: every for step in Step}
        names = ("default", *(step.value for step in Step))
        entries = self._decode.entries(node, names, ".desk.step_time")
        if not isinstance(entries, dict):
            return WRONG
        times = {
            key: self._decode.quantity(value, "duration", f".desk.step_time.{key}") for key, value in entries.items()
        }
        if WRONG in times.values():
            return WRONG
        return {step.value: times.get(step.value, times.get("default", DEFAULT_STEP_TIME_S)) for step in Step}

    # -- systems

    def _systems(self, node: Node | None, load: Load | None, desk: Desk | None) -> tuple[SystemBlock, ...] | None:
        resubmit = load.resubmit if load else Resubmit()
        safeguards = desk.safeguards if desk else Safeguards()
        if node is None:
            return tuple(_plain_block(name, name, resubmit, safeguards) for name in SETTINGS)
        if isinstance(node, SequenceNode):
            blocks = [self._short_block(one, resubmit, safeguards) for one in node.value]
        elif isinstance(node, MappingNode):
            blocks = [self._block(key, value, resubmit, safeguards) for key, value in node.value]
        else:
            self._page.wrong_at(node, f"systems: expected a mapping of labels, or a list of names, found {found(node)}")
            return None
        if not blocks:
            self._page.wrong_at(node, "systems: expected at least one system")
        labels = [block.label for block in blocks if block is not None]
        if isinstance(node, SequenceNode) and len(set(labels)) < len(labels):
            self._page.wrong_at(node, "systems: the same name twice; give labels to compare a system with itself")
        return None if None in blocks else tuple(block for block in blocks if block is not None)

    def _short_block(self, node: Node, resubmit: Resubmit, safeguards: Safeguards) -> SystemBlock | None:
        name = scalar(node)
        if name not in SETTINGS:
            self._page.wrong_at(node, f"systems: expected {one_of(name, list(SETTINGS))}; found {found(node)}")
            return None
        return _plain_block(name, name, resubmit, safeguards)

    def _block(self, key: Node, node: Node, resubmit: Resubmit, safeguards: Safeguards) -> SystemBlock | None:
        label = str(getattr(key, "value", ""))
        path = f".systems.{label}"
        self._decode.places[f"{path}#key"], self._decode.places[path] = place(key), place(node)
        if not LABEL.fullmatch(label) or label in CATALOGUE:
            what = "a label that is no metric's name" if label in CATALOGUE else "a label such as sync-hardened"
            self._page.wrong_at(key, f"systems: expected {what}, found {label!r}")
        if is_null(node) and label in SETTINGS:
            return _plain_block(label, label, resubmit, safeguards)
        kind = self._kind(key, node, label)
        if kind is None:
            return None
        types = {one.name: one.type for one in _fields(SETTINGS[kind])}
        known = ["system", *types, "resubmit", "safeguards"]
        entries = self._decode.entries(node, known, path)
        if not isinstance(entries, dict):
            return None
        settings = {
            name: self._decode.value(entries[name], types[name], f"{path}.{name}") for name in types if name in entries
        }
        own_resubmit = self._override(entries.get("resubmit"), resubmit, f"{path}.resubmit")
        own_safeguards = self._override(entries.get("safeguards"), safeguards, f"{path}.safeguards")
        if WRONG in settings.values() or own_resubmit is WRONG or own_safeguards is WRONG:
            return None
        return SystemBlock(label, kind, _builtins(SETTINGS[kind](**settings)), own_resubmit, own_safeguards)

    def _kind(self, key: Node, node: Node, label: str) -> str | None:
        if not isinstance(node, MappingNode):
            self._page.wrong_at(node, f"systems.{label}: expected a mapping, found {found(node)}")
            return None
        named = next((value for k, value in node.value if getattr(k, "value", "") == "system"), None)
        if named is None and label in SETTINGS:
            return label
        if named is None:
            self._page.wrong_at(key, f"systems.{label} requires the key 'system': one of {', '.join(SETTINGS)}")
            return None
        kind = scalar(named)
        if kind not in SETTINGS:
            choice = one_of(kind, list(SETTINGS))
            self._page.wrong_at(named, f"systems.{label}.system: expected {choice}; found {found(named)}")
            return None
        return str(kind)

    def _override(self, node: Node | None, fallback: Any, path: str) -> Any:
        if node is None:
            return fallback
        values = self._decode.struct(node, type(fallback), path)
        return msgspec.structs.replace(fallback, **values) if isinstance(values, dict) else WRONG

    # -- faults and expectations

    def _faults(self, node: Node | None) -> tuple[Any, ...]:
        if node is None:
            return ()
        if not isinstance(node, SequenceNode):
            self._page.wrong_at(node, f"faults: expected a list of faults, found {found(node)}")
            return ()
        read = [self._fault(one, f".faults[{n}]") for n, one in enumerate(node.value, start=1)]
        return tuple(one for one in read if one is not WRONG)

    def _fault(self, node: Node, path: str) -> Any:
        self._decode.places[path] = place(node)
        if not isinstance(node, MappingNode):
            return self._wrong(node, f"expected a fault, a mapping with a kind, found {found(node)}")
        named = next((value for key, value in node.value if getattr(key, "value", "") == "kind"), None)
        if named is None:
            return self._wrong(node, f"a fault requires the key 'kind': one of {', '.join(KINDS)}")
        kind = scalar(named)
        if kind not in KINDS:
            return self._wrong(named, unknown("kind of fault", str(kind), list(KINDS)))
        return self._fault_of_kind(KINDS[str(kind)], node, path)

    def _fault_of_kind(self, kind: Any, node: MappingNode, path: str) -> Any:
        own = [(key, value) for key, value in node.value if getattr(key, "value", "") not in {"kind", "name"}]
        inner = MappingNode(node.tag, own, node.start_mark, node.end_mark)
        values = self._decode.struct(inner, kind, path, hidden=("line", "name"))
        named = next((value for key, value in node.value if getattr(key, "value", "") == "name"), None)
        return self._finish_fault(kind, values, named, place(node)[0], path)

    def _finish_fault(self, kind: Any, values: Any, named: Node | None, line: int, path: str) -> Any:
        if not isinstance(values, dict):
            return WRONG
        name = None if named is None or is_null(named) else str(scalar(named))
        fault = kind(line=line, name=name, **values)
        mistakes = fault.mistakes(frozenset(values))
        for key, message in mistakes:
            self._page.wrong(*self.place_of(f"{path}.{key}" if key else path), message)
        return WRONG if mistakes else fault.completed(frozenset(values))

    def place_of(self, path: str) -> tuple[int, int]:
        """Return where a path stands: its value, or the nearest thing around it that is there."""
        while path and path not in self._decode.places:
            path = path.rpartition(".")[0]
        return self._decode.places.get(path, (1, 1))

    def _expect(self, node: Node | None, labels: list[str]) -> tuple[Expectation, ...]:
        if node is None:
            return ()
        if not isinstance(node, SequenceNode):
            self._page.wrong_at(node, f"expect: expected a list of expectations, found {found(node)}")
            return ()
        read = [read_expectation(one, self._page, labels) for one in node.value]
        return tuple(one for one in read if one is not None)

    def _wrong(self, node: Node, message: str) -> object:
        self._page.wrong_at(node, message)
        return WRONG


def _labels(node: Node | None) -> list[str]:
    """Return the labels as written, so that a mistake in a block does not make its expectations wrong too."""
    if isinstance(node, MappingNode):
        return [str(getattr(key, "value", "")) for key, _ in node.value]
    if isinstance(node, SequenceNode):
        return [str(scalar(one)) for one in node.value]
    return list(SETTINGS)


def _fields(kind: Any) -> tuple[mi.Field, ...]:
    info = mi.type_info(kind)
    assert isinstance(info, mi.StructType)  # noqa: S101 - callers pass Structs
    return info.fields


def _builtins(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def _plain_block(label: str, kind: str, resubmit: Resubmit, safeguards: Safeguards) -> SystemBlock:
    return SystemBlock(label, kind, _builtins(SETTINGS[kind]()), resubmit, safeguards)
