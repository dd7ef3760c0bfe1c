"""Scenario files: trees of the grammar with a value gone wrong, written, the text damaged, put in odd places."""

import json
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from systems.desk.units import MOST
from tests.trust.inputs import grammar, hostile

FILE = "s.yaml"
FOREIGN = (
    "services:\n  web:\n    image: nginx\n    ports: ['80:80']\n",
    "import http from 'k6/http';\nexport const options = {thresholds: {http_req_duration: ['p(95)<500']}};\n",
    "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{uses: actions/checkout@v4}]\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Service\n",
    "config:\n  target: http://localhost\nscenarios:\n  - flow: [{get: {url: /}}]\n",
    '{"title": "x", "method": [{"type": "action"}], "steady-state-hypothesis": {}}',
    "[[package]]\nname = 'x'\n",
    "<!DOCTYPE html><html><body>not found</body></html>\n",
    "\x7fELF\x02\x01\x01" + "\0" * 40,
    "a,b,c\n1,2,3\n",
    "",
    " \n\t\n",
    "# nothing but a remark\n",
    "null\n",
    "42\n",
    "- \n",
)
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
SNIPPETS = (
    *(
        "\t",
        "\r",
        "\r\n",
        "\0",
        "\x1b[31m",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u202e",
        "\x07",
        "\x9b",
        "\ud83d".encode("utf-8", "replace").decode(),
    ),
    *(
        "&a ",
        "*a",
        "&a [*a]",
        "&a {b: *a}",
        "*missing",
        "<<: *a",
        "<<: {name: x}",
        "!!python/object/apply:os.system [id]",
    ),
    *(
        "!!binary aGk=",
        "!!set {a}",
        "!<tag:x> ",
        "!local ",
        "!!int x",
        "!!float y",
        "!!null z",
        "!!bool q",
        "!!timestamp 2001-01-01",
    ),
    *(
        "%YAML 1.1\n",
        "%TAG ! x:\n",
        "---\n",
        "...\n",
        "? ",
        ": ",
        "- ",
        "# ",
        "|\n",
        ">-\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
    ),
    *(
        '"\\ud83d"',
        '"\\ud83d\\ude42"',
        '"\\x00"',
        '"\\u202e"',
        "1_000",
        "0o777",
        "0x1F",
        "1:30",
        "2001-01-01",
        "yes",
        ".nan",
        "-.inf",
    ),
    *(
        "9" * 5000,
        "1e400",
        "name: again\n",
        "? [a, b]\n: c\n",
        "? {a: b}\n: c\n",
        "[" * 3000,
        "{a: " * 3000,
        "- " * 3000,
        LAUGHS,
    ),
    *(
        "x" * 200_000,
        "\n" * 2000,
        "faults: []\n",
        "expect: [lost == 0]\n",
        "12: 13\n",
        "1.5: x\n",
        "true: y\n",
        "null: z\n",
    ),
)
LOOKALIKES = str.maketrans(
    {"a": "а", "e": "е", "o": "о", "s": "ѕ", "0": "𝟎", "1": "１", ":": "：", " ": "\u00a0", "-": "‐"}
)
CODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp037", "utf-7")
PLACES = (
    "file",
    "file",
    "file",
    "file",
    "folder",
    "below",
    "link",
    "loop",
    "dangling",
    "null",
    "zero",
    "socket",
    "shut",
    "absent",
)


MANY = 10_000
_TICKETS = re.compile(rb"tickets\W{1,6}(\d{1,12})")


@dataclass(frozen=True)
class ScenarioFile:
    """A file's bytes, its name, and what stands at its place."""

    content: bytes
    name: str = FILE
    place: str = "file"

    def put(self, folder: Path) -> Path:
        """Write it into a folder, and return what to name on the command line."""
        path = folder / self.name
        _PUT.get(self.place, _as_file)(path, self.content)
        return path


def files() -> st.SearchStrategy[ScenarioFile]:
    """Make scenario files, most of them nearly right."""
    names = st.just(FILE) | st.just(FILE) | st.sampled_from(hostile.NAMES).map(_file_name)
    return st.builds(ScenarioFile, _contents().filter(_is_small), names, st.sampled_from(PLACES))


def _is_small(content: bytes) -> bool:
    """Leave out loads that are right and large: planning takes its time for each ticket, which is work and no hang."""
    sizes = [int(size) for size in _TICKETS.findall(content)]
    return not any(MANY <= size <= MOST for size in sizes)


def _file_name(name: str) -> str:
    return f"{name.replace('/', '_')[:200]}.yaml"


@st.composite
def trees(draw: st.DrawFn) -> grammar.Tree:
    """Make a scenario's tree: by the grammar, a bundled one, or a bundled one with a section by the grammar."""
    if draw(st.integers(0, 4)) == 0:
        return draw(grammar.whole())
    tree = dict(draw(st.sampled_from(grammar.examples())))
    for name in draw(st.lists(st.sampled_from(grammar.sections()), max_size=2, unique=True)):
        tree[name] = draw(grammar.section(name))
    return tree


@st.composite
def _contents(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 9)) == 0:
        text = draw(st.sampled_from(FOREIGN))
    else:
        tree = draw(trees())
        for _ in range(draw(st.integers(0, 3))):
            path = draw(st.sampled_from(hostile.paths(tree)))
            tree = hostile.replaced(tree, path, draw(st.sampled_from(hostile.ACTS)), draw(hostile.values()))
        text = draw(st.sampled_from((_as_yaml, _as_flow, _as_json)))(tree)
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
        text = draw(_damaged(text))
    raw = text.encode(draw(st.sampled_from(CODINGS)), "replace")
    for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 3)))):
        at, byte = draw(st.integers(0, len(raw))), draw(st.integers(0, 255))
        raw = raw[:at] + bytes([byte]) + raw[at + 1 :]
    return raw


def _as_yaml(tree: grammar.Tree) -> str:
    return str(yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=1000))


def _as_flow(tree: grammar.Tree) -> str:
    return str(yaml.dump(tree, Dumper=yaml.CSafeDumper, default_flow_style=True))


def _as_json(tree: grammar.Tree) -> str:
    return json.dumps(tree, ensure_ascii=False)


@st.composite
def _damaged(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    length = draw(st.integers(1, 30))
    act = draw(st.sampled_from(("insert", "insert", "lines", "lines", *_CHANGES)))
    if act == "insert":
        return text[:at] + draw(st.sampled_from(SNIPPETS)) + text[at:]
    if act == "lines":
        lines = text.splitlines(keepends=True) or [""]
        first, second = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        return "".join(draw(st.sampled_from(_LINES))(lines, first, second))
    return _CHANGES[act](text, at, length)


_CHANGES: dict[str, Callable[[str, int, int], str]] = {
    "cut": lambda text, at, _: text[:at],
    "drop": lambda text, at, length: text[:at] + text[at + length :],
    "alike": lambda text, at, length: text[:at] + text[at : at + length].translate(LOOKALIKES) + text[at + length :],
    "tabs": lambda text, _at, _: text.replace("  ", "\t"),
    "breaks": lambda text, _, length: text.replace("\n", ("\r\n", "\r", "\u2028", "\x85")[length % 4]),
}
_LINES: tuple[Callable[[list[str], int, int], list[str]], ...] = (
    lambda lines, at, _: [*lines[: at + 1], *lines[at:]],
    lambda lines, at, other: [*lines[:at], lines[other], *lines[at + 1 :]],
    lambda lines, at, _: [*lines[:at], lines[at] * 200, *lines[at:]],
)


def _as_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _in_folder(path: Path, content: bytes) -> None:
    path.mkdir()
    (path / FILE).write_bytes(content)
    (path / "other.yml").write_bytes(FOREIGN[0].encode())


def _below(path: Path, content: bytes) -> None:
    inner = path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / FILE).write_bytes(content)
    (path / "a" / "up").symlink_to(path)


def _linked(path: Path, content: bytes) -> None:
    beside = path.parent / "content"
    beside.write_bytes(content)
    path.symlink_to(beside)


def _shut(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0)


def _socket(path: Path, _content: bytes) -> None:
    place = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(f"/proc/self/fd/{place}/k")
        (path.parent / "k").rename(path)
    finally:
        os.close(place)


_PUT: dict[str, Any] = {
    "folder": _in_folder,
    "below": _below,
    "link": _linked,
    "loop": lambda path, _: path.symlink_to(path),
    "dangling": lambda path, _: path.symlink_to(path.parent / "nothing"),
    "null": lambda path, _: path.symlink_to("/dev/null"),
    "zero": lambda path, _: path.symlink_to("/dev/zero"),
    "socket": _socket,
    "shut": _shut,
    "absent": lambda _path, _: None,
}
