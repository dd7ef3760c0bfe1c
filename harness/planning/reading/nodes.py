"""YAML text to nodes that know their place: YAML 1.2's core schema, no duplicate keys, no bombs, no surprises."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.errors import Mistake
from harness.planning.reading import foreign

# Limits that no scenario comes near, against files that would take the memory or the stack: composing recurses once a
# level, and ten levels of ten aliases make billions of values out of a few lines ("billion laughs").
MOST_BYTES = 16 * 1024 * 1024
DEEPEST = 50
MOST_EXPANDED = 100_000
LONGEST_NUMBER = 40
_STR, _MAP, _SEQ = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Node = yaml.nodes.Node
ScalarNode = yaml.nodes.ScalarNode
MappingNode = yaml.nodes.MappingNode
SequenceNode = yaml.nodes.SequenceNode


class CoreLoader(_SafeLoader):  # type: ignore[misc]
    """A loader that resolves plain scalars by the core schema of YAML 1.2: `on`, `yes`, `1_000`, `1:30` are text."""


class PairLoader(yaml.SafeLoader):
    """The same, without libyaml, which refuses what JSON writes for a sign beyond 16 bits: a pair of surrogates."""


_PLAIN = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
CoreLoader.yaml_implicit_resolvers = PairLoader.yaml_implicit_resolvers = {
    None: [(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$")) for tag, pattern in _PLAIN.items()]
}
# YAML's characters, as ranges; its parsers tell of any other without a line. A regular expression of them takes longer
# to compile than a file to read.
_TEXT = (
    ("\t", "\n"),
    ("\r", "\r"),
    ("\x20", "\x7e"),
    ("\x85", "\x85"),
    ("\xa0", "\ud7ff"),
    ("\ue000", "\ufefe"),
    ("\uff00", "\ufffd"),
    ("\U00010000", "\U0010ffff"),
)
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Page:
    """A scenario file being read: where mistakes are collected."""

    file: str
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, line: int, column: int, message: str) -> None:
        """Note a mistake; lines and columns count from 1."""
        self.mistakes.append(Mistake(self.file, line, column, printable(message)))

    def wrong_at(self, node: Node, message: str) -> None:
        """Note a mistake where `node` begins."""
        self.wrong(*place(node), message)


def place(node: Node) -> tuple[int, int]:
    """Return the line and column, from 1, where a node begins."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def printable(text: str) -> str:
    """Make text from outside harmless in a terminal: control and direction characters are written as escapes."""
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def compose(path: Path, page: Page) -> Node | None:
    """Read a file into its root node; None, with the mistakes on the page, where that cannot be."""
    text = _text(path, page)
    if text is None:
        return None
    if controls := [sign for sign in set(text) if not any(first <= sign <= last for first, last in _TEXT)]:
        first = min(map(text.index, controls))
        page.wrong(*_place_in(text, first), f"expected text, found the control sign {_named(text[first])}")
        return None
    # First of all, as other programs' files are often no YAML, or several documents: their syntax would be blamed in
    # place of the mix-up.
    if (alien := foreign.of_text(text)) is not None:
        page.wrong(alien.line, alien.column, alien.message)
        return None
    loader = PairLoader if _ESCAPED_SURROGATE.search(text) else CoreLoader
    # Events before nodes: by the time that nodes exist the recursion has happened.
    root = _composed(text, loader, page) if _is_harmless(text, loader, page) else None
    if root is None or _expanded(root, {}, page) is None:
        return None
    _join_pairs(root, page)
    for mapping in _mappings(root, set()):
        _refuse_duplicates(mapping, page)
    return root


def _composed(text: str, loader: Any, page: Page) -> Node | None:
    try:
        root: Node | None = yaml.compose(text, loader)
    except yaml.YAMLError as error:
        _note_yaml(error, page)
        return None
    if root is None:
        page.wrong(1, 1, "expected a scenario, found an empty file")
    return root


def _join_pairs(root: Node, page: Page) -> None:
    """Make one sign of each pair of surrogates; half a pair is no text."""
    for node in _nodes(root, set()):
        if isinstance(node, ScalarNode) and _SURROGATE.search(node.value):
            try:
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                page.wrong_at(
                    node, "expected text, found half a sign: a surrogate (\\ud800 to \\udfff) without its other"
                )
                node.value = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", node.value)


def _kind(node: ScalarNode) -> str:
    """Return which type a scalar is of, such as int; what is tagged as what it is not (`!!int x`) is text."""
    kind = str(node.tag).rpartition(":")[2]
    pattern = _PLAIN.get(kind)
    return "str" if pattern is not None and re.fullmatch(pattern, node.value) is None else kind


def _text(path: Path, page: Page) -> str | None:
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "something else" if path.exists() else "nothing"
            page.wrong(1, 1, f"expected a scenario file, found {what}")
            return None
        raw = path.read_bytes()
    except OSError as error:
        page.wrong(1, 1, f"cannot be read: {error.strerror}")
        return None
    if len(raw) > MOST_BYTES:
        page.wrong(1, 1, f"expected at most {MOST_BYTES} bytes, found {len(raw)}")
        return None
    try:
        # Some editors put a byte order mark first; it is none of the file's content.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        page.wrong(line, column, f"expected UTF-8, found the byte 0x{raw[error.start]:02x}")
        return None


def _place_in(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of an offset, lines broken as YAML breaks them."""
    breaks = list(_BREAK.finditer(text, 0, offset))
    return len(breaks) + 1, offset - (breaks[-1].end() if breaks else 0) + 1


def _named(sign: str) -> str:
    return f"U+{ord(sign):04X}"


def _is_harmless(text: str, loader: Any, page: Page) -> bool:
    """Walk the events, which needs no recursion: refuse what is nested too deep, or is more than one document."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, loader):
            line, column = _mark(event)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    page.wrong(line, column, f"expected at most {DEEPEST} levels, found more")
                    return False
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    page.wrong(line, column, "expected one document, found a second one")
                    return False
    except yaml.YAMLError as error:
        _note_yaml(error, page)
        return False
    return True


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _note_yaml(error: yaml.YAMLError, page: Page) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    page.wrong(line, column, f"not YAML: {getattr(error, 'problem', None) or error}")


def _expanded(node: Node, sizes: dict[int, int | None], page: Page) -> int | None:
    """Count nodes as aliases expand; None (noted on the page) for an alias bomb or an alias inside itself."""
    if id(node) in sizes:
        if sizes[id(node)] is None:
            page.wrong_at(node, "expected an alias of something else, found one inside what it names")
        return sizes[id(node)]
    # None marks a node whose count is under way: to come back to it is to be inside of it.
    sizes[id(node)] = None
    total = 1
    for child in _children(node):
        size = _expanded(child, sizes, page)
        if size is None:
            return None
        total += size
        if total > MOST_EXPANDED:
            page.wrong_at(node, f"expected at most {MOST_EXPANDED} values, found more (do aliases multiply?)")
            return None
    sizes[id(node)] = total
    return total


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def _nodes(node: Node, visited: set[int]) -> Iterator[Node]:
    if id(node) in visited:
        return
    visited.add(id(node))
    yield node
    for child in _children(node):
        yield from _nodes(child, visited)


def _mappings(node: Node, visited: set[int]) -> Iterator[MappingNode]:
    return (inner for inner in _nodes(node, visited) if isinstance(inner, MappingNode))


def _refuse_duplicates(mapping: MappingNode, page: Page) -> None:
    first: dict[str, Node] = {}
    for key, _ in mapping.value:
        if not isinstance(key, ScalarNode):
            page.wrong_at(key, "expected a name as key, found a collection")
        elif key.value in first:
            line, _column = place(first[key.value])
            page.wrong_at(key, f"expected the key {key.value!r} once, found it again (first in line {line})")
        else:
            first[key.value] = key


def key_of(node: Node) -> str:
    """Return a key's name; an empty one for a collection, which is noted as a mistake when it is composed."""
    return str(node.value) if isinstance(node, ScalarNode) else ""


def scalar(node: Node) -> Any:
    """Return a plain value: str, int, float, bool or None; a collection as it is."""
    if not isinstance(node, ScalarNode):
        return node
    kind = _kind(node)
    text = node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return _whole(text)
    if kind == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _whole(text: str) -> int | float:
    """Read a whole number; one of more digits than any that is meant is infinite, and so never right."""
    # `int` refuses more than 4300 digits with a ValueError, and takes quadratic time for fewer.
    if len(text) > LONGEST_NUMBER:
        return -math.inf if text.startswith("-") else math.inf
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


def is_null(node: Node) -> bool:
    """Say whether a node is null: an absent section."""
    return isinstance(node, ScalarNode) and _kind(node) == "null"


def described(node: Node) -> str:
    """Say what a node is, for a message."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if is_null(node):
        return "nothing"
    value = scalar(node)
    if isinstance(value, int | float) and not isinstance(value, bool) and len(node.value) > LONGEST_NUMBER:
        return f"a number of {len(node.value)} digits, {node.value[:20]}…"
    return repr(value if len(str(value)) <= 60 else f"{str(value)[:57]}...")  # noqa: PLR2004 - a line's worth
