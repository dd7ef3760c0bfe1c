"""Nodes to a Scenario: the sections, their defaults and their short forms."""

import re
from collections import Counter
from typing import Any

import msgspec.inspect as mi
import msgspec.structs

from harness.catalogue import CATALOGUE
from harness.faults.kinds import KINDS
from harness.faults.spec import FaultSpec
from harness.planning.fields import fields, type_info
from harness.planning.reading import foreign
from harness.planning.reading.decode import WRONG, Decoder, alternatives
from harness.planning.reading.draft import Draft
from harness.planning.reading.expectations import read_expectation
from harness.planning.reading.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    described,
    is_null,
    key_of,
    place,
    scalar,
)
from harness.planning.scenario import (
    Agents,
    Arrival,
    Desk,
    Expectation,
    Load,
    Priorities,
    Resubmit,
    Scenario,
    SystemBlock,
)
from systems import registry
from systems.desk.config import Safeguards
from systems.desk.model import Step
from systems.desk.units import MOST

SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
LABEL = re.compile(r"[a-z][a-z0-9-]*")
DEFAULT_STEP_TIME_S = 0.02
SECTIONS = ("name", "description", "seed", "repeat", "load", "desk", "systems", "faults", "settle", "expect")
PLAIN = ("name", "description", "seed", "repeat", "settle")
"""The keys at the top that are a value, and no section."""


class Reader:
    """Reads one scenario; sections are read whatever became of the others, so that all mistakes come at once."""

    def __init__(self, decoder: Decoder) -> None:
        self._decode = decoder
        self._page = decoder.page

    def draft(self, root: Node) -> Draft | None:
        """Read the whole; None where it is no scenario at all."""
        # Before the keys are read, as each of another program's would be a mistake of its own.
        if self._is_foreign(root):
            return None
        entries = self._decode.entries(root, SECTIONS, "")
        if not isinstance(entries, dict):
            return None
        if "name" not in entries:
            self._decode.require(root, "", "name", "text, a slug such as kill-mid-investigation")
        plain = {"name": "", **self._plain(entries)}
        load = self._load(entries.get("load"))
        desk = _with_agents(self._desk(entries.get("desk")), load.count)
        systems = self._systems(entries.get("systems"), load.resubmit, desk.safeguards)
        faults = self._faults(entries.get("faults"))
        expect = self._expect(entries.get("expect"), _labels(entries.get("systems")))
        every = tuple(faults.values())
        scenario = Scenario(load=load, desk=desk, systems=systems, faults=every, expect=expect, **plain)
        return Draft(scenario, faults, self._decode)

    def _is_foreign(self, root: Node) -> bool:
        """Name a file of another program as what it is, in place of a mistake for every key of it."""
        keys = {key_of(key): key for key, _ in root.value} if isinstance(root, MappingNode) else {}
        if isinstance(root, SequenceNode):
            items = [item for item in root.value if isinstance(item, MappingNode)]
            keys = {key_of(key): root for item in items for key, _ in item.value}
        values = {key_of(key): str(scalar(value)) for key, value in root.value} if isinstance(root, MappingNode) else {}
        recognised = foreign.of_keys(keys, values, is_list=isinstance(root, SequenceNode))
        if recognised is not None:
            self._page.wrong_at(keys[recognised.key], recognised.message)
        return recognised is not None

    def _plain(self, entries: dict[str, Node]) -> dict[str, Any]:
        # Of these alone, as a Scenario's other types are those of all faults, of which a scenario has few.
        types = {each.name: each.type for each in msgspec.structs.fields(Scenario) if each.name in PLAIN}
        values: dict[str, Any] = {
            key: self._decode.value(entries[key], type_info(types[key]), f".{key}") for key in PLAIN if key in entries
        }
        name = values.get("name")
        if isinstance(name, str) and not SLUG.fullmatch(name):
            self._page.wrong_at(
                entries["name"], f"name: expected a slug such as kill-mid-investigation, found {name!r}"
            )
        return _right(values)

    def _load(self, node: Node | None) -> Load:
        if node is None:
            return Load()
        types = _types(Load)
        entries = self._decode.entries(node, types, ".load")
        if not isinstance(entries, dict):
            return Load()
        values = {
            key: self._arrival(value) if key == "arrival" else self._decode.value(value, types[key], f".load.{key}")
            for key, value in entries.items()
        }
        weights = values.get("priorities")
        if weights not in {None, WRONG} and not (weights.low or weights.medium or weights.high):
            message = "load.priorities: expected a weight above 0, found none"
            values["priorities"] = self._decode.wrong(entries["priorities"], ".load.priorities", message)
        if isinstance(entries.get("tickets"), SequenceNode):
            return self._listed(entries, values)
        return Load(**_right(values))

    def _listed(self, entries: dict[str, Node], values: dict[str, Any]) -> Load:
        """Take a load whose tickets are listed: each says when it comes, and how urgent it is."""
        for key in entries.keys() & {"arrival", "priorities"}:
            message = f"load.{key}: expected none beside a list of tickets, each of which says it; found it"
            self._decode.wrong(entries[key], f".load.{key}", message)
        listed = values.pop("tickets")
        if listed is not WRONG and not 0 < len(listed) <= MOST:
            message = f"load.tickets: expected 1 to {MOST} tickets, found {len(listed) or 'none'}"
            listed = self._decode.wrong(entries["tickets"], ".load.tickets", message)
        if listed is WRONG:
            return Load(**_right(values))
        counts = Counter(ticket.priority.value for ticket in listed)
        return Load(**{**_right(values), "tickets": listed, "arrival": Arrival(), "priorities": Priorities(**counts)})

    def _arrival(self, node: Node) -> Any:
        path = ".load.arrival"
        if isinstance(node, ScalarNode):
            if scalar(node) == "all_at_once":
                return Arrival()
            message = f"load.arrival: expected all_at_once, a rate or a concurrency, found {described(node)}"
            return self._decode.wrong(node, path, message)
        values = self._decode.struct(node, Arrival, path)
        if not isinstance(values, dict):
            return WRONG
        if len(values) != 1:
            given = " and ".join(values) or "none of them"
            return self._decode.wrong(
                node, path, f"load.arrival: expected exactly one of rate, concurrency; found {given}"
            )
        return Arrival(**values)

    def _desk(self, node: Node | None) -> Desk:
        everywhere = {step.value: DEFAULT_STEP_TIME_S for step in Step}
        if node is None:
            return Desk(step_time=everywhere)
        types = _types(Desk)
        entries = self._decode.entries(node, types, ".desk")
        if not isinstance(entries, dict):
            return Desk(step_time=everywhere)
        values = {
            key: self._step_time(value) if key == "step_time" else self._decode.value(value, types[key], f".desk.{key}")
            for key, value in entries.items()
        }
        return Desk(**{"step_time": everywhere, **_right(values)})

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

    def _systems(self, node: Node | None, resubmit: Resubmit, safeguards: Safeguards) -> tuple[SystemBlock, ...]:
        if node is None:
            return tuple(_plain_block(name, name, resubmit, safeguards) for name in registry.names())
        blocks: list[SystemBlock | None] = []
        if isinstance(node, SequenceNode):
            blocks = [self._short_block(name, resubmit, safeguards) for name in node.value]
            self._refuse_repeats(node, [block.label for block in blocks if block is not None])
        elif isinstance(node, MappingNode):
            blocks = [self._block(key, value, resubmit, safeguards) for key, value in node.value]
        if not isinstance(node, SequenceNode | MappingNode) or not blocks:
            what = "no system" if isinstance(node, SequenceNode | MappingNode) else described(node)
            self._decode.wrong(
                node, ".systems", f"systems: expected a mapping of labels, or a list of names, found {what}"
            )
        return tuple(block for block in blocks if block is not None)

    def _refuse_repeats(self, node: Node, labels: list[str]) -> None:
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            hint = "give labels to compare a system with itself"
            self._page.wrong_at(
                node, f"systems: expected each name once, found {label} {labels.count(label)} times; {hint}"
            )

    def _short_block(self, node: Node, resubmit: Resubmit, safeguards: Safeguards) -> SystemBlock | None:
        name = scalar(node)
        if not registry.is_known(name):
            message = f"systems: expected {alternatives(name, registry.names())}; found {described(node)}"
            self._decode.wrong(node, ".systems", message)
            return None
        return _plain_block(name, name, resubmit, safeguards)

    def _block(self, key: Node, node: Node, resubmit: Resubmit, safeguards: Safeguards) -> SystemBlock | None:
        label = key_of(key)
        path = f".systems.{label}"
        self._decode.places[f"{path}#key"], self._decode.places[path] = place(key), place(node)
        if not LABEL.fullmatch(label) or label in CATALOGUE:
            what = (
                "a label that is no metric's name"
                if label in CATALOGUE
                else f"a label such as {registry.names()[0]}-hardened"
            )
            self._page.wrong_at(key, f"systems: expected {what}, found {label!r}")
        if is_null(node) and registry.is_known(label):
            return _plain_block(label, label, resubmit, safeguards)
        kind = self._kind(key, node, path)
        if kind is None:
            return None
        types = _types(registry.kind(kind))
        entries = self._decode.entries(node, ["system", *types, "resubmit", "safeguards"], path)
        if not isinstance(entries, dict):
            return None
        settings = {
            name: self._decode.value(entries[name], types[name], f"{path}.{name}") for name in types if name in entries
        }
        own_resubmit = self._override(entries.get("resubmit"), resubmit, f"{path}.resubmit")
        own_safeguards = self._override(entries.get("safeguards"), safeguards, f"{path}.safeguards")
        settings = _builtins(registry.kind(kind)(**_right(settings)))
        return SystemBlock(label, kind, settings, own_resubmit, own_safeguards)

    def _kind(self, key: Node, node: Node, path: str) -> str | None:
        label = key_of(key)
        if not isinstance(node, MappingNode):
            self._decode.wrong(node, path, f"systems.{label}: expected a mapping, found {described(node)}")
            return None
        named = _value_of(node, "system")
        if named is None and registry.is_known(label):
            return label
        if named is None:
            self._decode.require(key, path, "system", alternatives(label, registry.names()))
            return None
        kind = scalar(named)
        if not registry.is_known(kind):
            choices = alternatives(kind, registry.names())
            message = f"systems.{label}.system: expected {choices}; found {described(named)}"
            self._decode.wrong(named, f"{path}.system", message)
            return None
        return str(kind)

    def _override(self, node: Node | None, fallback: Any, path: str) -> Any:
        if node is None:
            return fallback
        values = self._decode.struct(node, type(fallback), path)
        return msgspec.structs.replace(fallback, **values) if isinstance(values, dict) else fallback

    # -- faults and expectations

    def _faults(self, node: Node | None) -> dict[int, FaultSpec]:
        if node is None:
            return {}
        if not isinstance(node, SequenceNode):
            self._decode.wrong(node, ".faults", f"faults: expected a list of faults, found {described(node)}")
            return {}
        read = {number: self._fault(block, f".faults[{number}]") for number, block in enumerate(node.value, start=1)}
        return {
            number: fault
            for number, fault in read.items()
            if fault is not WRONG and self._decode.knows(f".faults[{number}]")
        }

    def _fault(self, node: Node, path: str) -> Any:
        self._decode.places[path] = place(node)
        if not isinstance(node, MappingNode):
            return self._decode.wrong(node, path, f"expected a fault, a mapping with a kind, found {described(node)}")
        named = _value_of(node, "kind")
        if named is None:
            message = f"a fault requires the key 'kind': expected one of {', '.join(KINDS)}; found none"
            return self._decode.wrong(node, path, message)
        kind = scalar(named)
        if kind not in KINDS:
            message = f"{path[1:]}.kind: expected {alternatives(kind, list(KINDS))}; found {described(named)}"
            return self._decode.wrong(named, path, message)
        return self._fault_of_kind(KINDS[kind], node, path)

    def _fault_of_kind(self, kind: Any, node: MappingNode, path: str) -> Any:
        written = [field for name, field in fields(kind).items() if name != "line"]
        known = {"kind": mi.StrType(), **{field.name: field.type for field in written}}
        required = [field.name for field in written if field.required and field.name != "name"]
        own = [(key, value) for key, value in node.value if key_of(key) != "name"]
        inner = MappingNode(node.tag, own, node.start_mark, node.end_mark)
        values = self._decode.mapping(inner, known, path, required=required)
        name = self._name_of(node, known["name"], f"{path}.name")
        if not isinstance(values, dict):
            return WRONG
        # The tag chose the type, and the type has it: as a field it would be written twice.
        values.pop("kind")
        fault = kind(line=place(node)[0], name=name, **values)
        mistakes = fault.validate_keys(frozenset(values))
        for key, message in mistakes:
            self._page.wrong(*self._decode.place_of(f"{path}.{key}" if key else path), message)
        return WRONG if mistakes else fault.with_defaults(frozenset(values))

    def _name_of(self, node: MappingNode, info: mi.Type, path: str) -> str | None:
        """Read a fault's name; one that is wrong changes nothing that can be checked."""
        named = _value_of(node, "name")
        name = None if named is None else self._decode.value(named, info, path)
        self._decode.unread.discard(path)
        return None if name is WRONG else name

    def _expect(self, node: Node | None, labels: list[str]) -> tuple[Expectation, ...]:
        if node is None:
            return ()
        if not isinstance(node, SequenceNode):
            self._page.wrong_at(node, f"expect: expected a list of expectations, found {described(node)}")
            return ()
        self._decode.places |= {f".expect[{number}]": place(item) for number, item in enumerate(node.value, start=1)}
        read = [read_expectation(item, self._page, labels) for item in node.value]
        return tuple(expectation for expectation in read if expectation is not None)


def _right(values: dict[str, Any]) -> dict[str, Any]:
    """Return what could be read."""
    return {key: value for key, value in values.items() if value is not WRONG}


def _with_agents(desk: Desk, tickets: int) -> Desk:
    """Let there be two agents of a kind for every ticket, where the scenario does not say how many."""
    two_each = 2 * tickets
    agents = Agents(desk.agents.regular or two_each, desk.agents.senior or two_each)
    return msgspec.structs.replace(desk, agents=agents)


def _value_of(node: MappingNode, name: str) -> Node | None:
    """Return what stands at a key; None where it is absent, or null."""
    values = [value for key, value in node.value if key_of(key) == name]
    return None if not values or is_null(values[0]) else values[0]


def _labels(node: Node | None) -> list[str]:
    """Return the labels as written, so that a mistake in a block does not make its expectations wrong too."""
    if isinstance(node, MappingNode):
        return [key_of(key) for key, _ in node.value]
    if isinstance(node, SequenceNode):
        return [str(scalar(item)) for item in node.value]
    return registry.names()


def _types(kind: Any) -> dict[str, mi.Type]:
    """Return the types of a Struct's fields, by name."""
    return {name: field.type for name, field in fields(kind).items()}


def _builtins(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def _plain_block(label: str, kind: str, resubmit: Resubmit, safeguards: Safeguards) -> SystemBlock:
    return SystemBlock(label, kind, _builtins(registry.kind(kind)()), resubmit, safeguards)
