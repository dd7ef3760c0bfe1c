"""Run folders: a run that really was recorded, damaged as disks, editors, archivers and attackers damage one."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from harness.judging.run import conclude, read_plan
from harness.planning import plan as planning
from harness.runfolder.meta import read_meta, write_meta
from harness.runfolder.seal import RESULT, digest, sealed
from tests.support.recorded import unpacked
from tests.trust.inputs import hostile

FAILS = "sync.lost == 0"
"""The line of the recorded run that fails: without it the run is green, and a green can be kept by mistake."""


def prepared(folder: Path) -> Path:
    """Unpack the run, without the expectation that fails in it, and return its folder: its verdict is `pass`."""
    run = unpacked(folder)
    plan = read_plan(run)
    expect = tuple(line for line in plan.scenario.expect if line.text != FAILS)
    plan = msgspec.structs.replace(plan, scenario=msgspec.structs.replace(plan.scenario, expect=expect))
    (run / "plan.json").write_bytes(planning.encode(plan))
    meta = msgspec.structs.replace(read_meta(run), plan_sha256=planning.sha256(plan))
    records = sealed(run, meta)
    write_meta(run, msgspec.structs.replace(meta, records=records))
    (run / RESULT).write_bytes(msgspec.json.encode(conclude(run)))
    write_meta(run, msgspec.structs.replace(meta, records={**records, RESULT: digest(run / RESULT)}))
    return run


@dataclass(frozen=True)
class Damage:
    """One change of one file: `act` names it, `at` and `to` say where (as a share of what is there) and with what."""

    file: str
    act: str
    at: float = 0.0
    to: Any = None

    def do(self, run: Path, outside: Path) -> None:
        """Damage a run's folder; what an earlier damage took away is left as it is."""
        path = run / self.file
        inner = [run / part for part in Path(self.file).parents]
        if not path.exists() or any(place.is_symlink() for place in inner):
            return
        if self.act in _OF_PLACES:
            _OF_PLACES[self.act](path, outside)
        elif path.is_file() and not path.is_symlink():
            _OF_FILES[self.act](path, self.at, self.to)


def damages() -> st.SearchStrategy[list[Damage]]:
    """Make one to three damages of a run's folder."""
    return st.lists(_damage(), min_size=1, max_size=3)


@cache
def _files() -> tuple[dict[str, tuple[str, ...]], ...]:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        run = unpacked(Path(folder))
        names = sorted(str(path.relative_to(run)) for path in run.rglob("*"))
        kinds = {"lines": ".jsonl", "json": ".json", "store": ".sqlite", "any": ""}
        named = {kind: tuple(n for n in names if n.endswith(end)) for kind, end in kinds.items()}
        # Of forty files of histories, all alike, judging only counts: a few stand for them.
        few = [n for n in named["json"] if "histories" not in n]
        return ({**named, "json": (*few, *named["json"][:1]), "any": tuple(n for n in names if "-000" not in n)},)


@st.composite
def _damage(draw: st.DrawFn) -> Damage:
    (files,) = _files()
    act = draw(st.sampled_from((*_LINES, *_LINES, *_JSON, *_JSON, *_BYTES, *_STORE, *_OF_PLACES)))
    kind = "lines" if act in _LINES else "store" if act in _STORE else draw(st.sampled_from(("lines", "lines", "any")))
    if act in _JSON:
        kind = draw(st.sampled_from(("json", "lines", "lines")))
    file = draw(st.sampled_from(files[kind]))
    at = draw(st.floats(0, 1, exclude_max=True, width=32))
    if act in _JSON:
        return Damage(
            file,
            act,
            at,
            (
                draw(st.integers(0, 60)),
                draw(st.sampled_from(("near", "near", "near", *hostile.ACTS))),
                draw(hostile.values()),
            ),
        )
    return Damage(file, act, at, draw(st.sampled_from(SQL)) if act == "sql" else draw(st.integers(0, 255)))


# -- lines


def _of_lines(change: Callable[[list[bytes], int, int], list[bytes]]) -> Callable[[Path, float, Any], None]:
    def do(path: Path, at: float, to: Any) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        if lines:
            path.write_bytes(b"".join(change(lines, int(at * len(lines)), to)))

    return do


def _swapped(lines: list[bytes], at: int, to: int) -> list[bytes]:
    other = to % len(lines)
    lines[at], lines[other] = lines[other], lines[at]
    return lines


_LINES: dict[str, Callable[[Path, float, Any], None]] = {
    "line dropped": _of_lines(lambda lines, at, _: [*lines[:at], *lines[at + 1 :]]),
    "line twice": _of_lines(lambda lines, at, _: [*lines[: at + 1], *lines[at:]]),
    "lines swapped": _of_lines(_swapped),
    "lines shuffled": _of_lines(lambda lines, _, to: random.Random(to).sample(lines, len(lines))),
    "rest gone": _of_lines(lambda lines, at, _: lines[:at]),
    "line cut": _of_lines(lambda lines, at, to: [*lines[:at], lines[at][: to % len(lines[at])]]),
    "line torn": _of_lines(
        lambda lines, at, to: [*lines[:at], lines[at][: to % len(lines[at])] + b"\n", *lines[at + 1 :]]
    ),
    "line foreign": _of_lines(
        lambda lines, at, to: [
            *lines[:at],
            (b"null\n", b"[]\n", b"{}\n", b"\n", b"\xff\xfe\n", b"{" * 5000 + b"\n")[to % 6],
            *lines[at:],
        ]
    ),
    "line last": _of_lines(lambda lines, at, _: [*lines[:at], *lines[at + 1 :], lines[at]]),
}


# -- bytes


def _of_bytes(change: Callable[[bytes, int, int], bytes]) -> Callable[[Path, float, Any], None]:
    def do(path: Path, at: float, to: Any) -> None:
        content = path.read_bytes()
        path.write_bytes(change(content, int(at * len(content)), to))

    return do


def _digit(raw: bytes, at: int, to: int) -> bytes:
    """Change the next digit: the record stays one, and tells of something else."""
    place = next((n for n in range(at, min(len(raw), at + 2000)) if raw[n : n + 1].isdigit()), None)
    return raw if place is None else raw[:place] + str(to % 10).encode() + raw[place + 1 :]


_BYTES: dict[str, Callable[[Path, float, Any], None]] = {
    "byte flipped": _of_bytes(
        lambda raw, at, to: raw[:at] + bytes(b ^ (to or 1) for b in raw[at : at + 1]) + raw[at + 1 :]
    ),
    "digit changed": _of_bytes(_digit),
    "cut": _of_bytes(lambda raw, at, _: raw[:at]),
    "emptied": _of_bytes(lambda _raw, _at, _to: b""),
    "zeros": _of_bytes(lambda raw, at, to: raw[:at] + bytes(len(raw[at : at + to])) + raw[at + to :]),
    "hole": _of_bytes(lambda raw, at, to: raw[:at] + raw[at + to :]),
    "tail": _of_bytes(lambda raw, _at, to: raw + bytes([to]) * 50),
    "utf-16": _of_bytes(lambda raw, _at, _to: raw.decode("latin-1").encode("utf-16")),
}


# -- JSON


def _json(path: Path, at: float, to: Any) -> None:
    """Change a value of a JSON file, or of one of its lines."""
    step, act, value = to
    lines = (
        [path.read_text(encoding="utf-8", errors="surrogateescape")]
        if path.suffix == ".json"
        else path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    )
    if not lines:
        return
    number = int(at * len(lines))
    try:
        tree = json.loads(lines[number])
    except ValueError:
        return
    places = hostile.paths(tree)
    # A file's places are far more than sixty: both numbers together reach them all.
    place = places[(step + int(at * len(places))) % len(places)]
    lines[number] = json.dumps(
        hostile.replaced(tree, place, "set", _near(tree, place, step))
        if act == "near"
        else hostile.replaced(tree, place, act, value)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")


def _near(tree: Any, place: tuple[Any, ...], step: int) -> Any:
    """Return a value of the same type for what stands at a place: the record stays one, and tells of something else."""
    value = tree
    for key in place:
        value = value[key]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return (step - 5, value + step - 30, value * 1000, -value)[step % 4]
    words = [word for word in tree.values() if isinstance(word, str)] if isinstance(tree, dict) else []
    return words[step % len(words)] if isinstance(value, str) and words else None


_JSON: dict[str, Callable[[Path, float, Any], None]] = {"json changed": _json}


# -- the store

LOOSE = """
    CREATE TABLE loose AS SELECT * FROM audit; DROP TABLE audit; ALTER TABLE loose RENAME TO audit;
    CREATE TABLE loose AS SELECT * FROM tickets; DROP TABLE tickets; ALTER TABLE loose RENAME TO tickets;
    CREATE TABLE loose AS SELECT * FROM agents; DROP TABLE agents; ALTER TABLE loose RENAME TO agents;
"""
"""The tables without what they are held to: a page of a store can be damaged in ways that no statement is let."""
SQL = (
    "DROP TABLE audit",
    "DROP TABLE tickets",
    "DROP TABLE agents",
    "ALTER TABLE audit RENAME COLUMN writer TO author",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)",
    "DELETE FROM audit WHERE id = 12",
    "DELETE FROM tickets WHERE number = 1",
    "UPDATE audit SET at = 'x' WHERE id = 7",
    "UPDATE audit SET at = NULL WHERE id = 9",
    "UPDATE audit SET at = at * 1000000 WHERE id = 9",
    "UPDATE audit SET at = -1 WHERE id = 15",
    "UPDATE audit SET at = 1.5e300 WHERE id = 15",
    "UPDATE audit SET \"row\" = 'x' WHERE id = 20",
    "UPDATE audit SET \"row\" = '99999999999999999999' WHERE \"table\" = 'tickets' AND id > 30",
    'UPDATE audit SET "row" = NULL WHERE id = 21',
    'UPDATE audit SET "row" = 1 WHERE id = 20',
    "UPDATE audit SET value = x'ff00' WHERE id = 22",
    "UPDATE audit SET value = 'resolved' WHERE \"table\" = 'tickets' AND id = 30",
    "UPDATE audit SET value = NULL WHERE id = 23",
    "UPDATE audit SET value = 7 WHERE id = 23",
    "UPDATE audit SET entry = '{' WHERE id > 20",
    "UPDATE audit SET entry = '[]' WHERE id > 20",
    "UPDATE audit SET entry = NULL WHERE id > 20",
    "UPDATE audit SET entry = 'null' WHERE id > 25",
    "UPDATE audit SET entry = replace(entry, 'visit\":1', 'visit\":1e99')",
    "UPDATE audit SET old_version = 'x' WHERE id = 24",
    "UPDATE audit SET new_version = NULL WHERE id = 25",
    "UPDATE audit SET read_version = x'00' WHERE id = 26",
    "UPDATE audit SET writer = NULL WHERE id = 27",
    "UPDATE audit SET writer = 5 WHERE id = 27",
    'UPDATE audit SET "table" = NULL WHERE id = 28',
    "UPDATE audit SET \"table\" = 'orders'",
    "UPDATE tickets SET state = NULL",
    "UPDATE tickets SET version = 'x'",
    "UPDATE tickets SET state = char(27) || '[31m' WHERE number = 2",
    "UPDATE agents SET held_by = 77",
    "UPDATE audit SET id = id + 100000 WHERE id > 12",
    "INSERT INTO audit SELECT * FROM audit",
    "CREATE VIEW v AS SELECT 1; DROP TABLE audit; CREATE VIEW audit AS SELECT * FROM v",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = 'x'",
    "UPDATE audit SET id = NULL",
    "UPDATE audit SET id = 'x' WHERE id = 3",
)


def _sql(path: Path, _at: float, to: str) -> None:
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(LOOSE + to)
    except sqlite3.Error:
        pass  # damaged before, or the store refuses the change


_STORE: dict[str, Callable[[Path, float, Any], None]] = {"sql": _sql}
_OF_FILES = {**_LINES, **_BYTES, **_JSON, **_STORE}


# -- what stands at a place


def _removed(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _linked_to(target: str) -> Callable[[Path, Path], None]:
    def do(path: Path, outside: Path) -> None:
        kind = "folder" if path.is_dir() else "file"
        _removed(path)
        path.symlink_to(target.format(outside=outside, kind=kind, name=path.name))

    return do


def _as_folder(path: Path, _outside: Path) -> None:
    _removed(path)
    path.mkdir()


def _as_file(path: Path, _outside: Path) -> None:
    _removed(path)
    path.write_bytes(b"not what was here\n")


def _renamed(path: Path, _outside: Path) -> None:
    path.rename(path.with_name(f"{path.name}~"))


def _beside(path: Path, _outside: Path) -> None:
    (path.parent / "x\x1b[31m\n.jsonl").write_bytes(b"{}\n")


def _page_outside(path: Path, outside: Path) -> None:
    """Let a link to somebody else's file stand where the page is written."""
    run = next(place for place in (path, *path.parents) if (place / "run.json").exists())
    (run / "report.html").unlink(missing_ok=True)
    (run / "report.html").symlink_to(outside / "file")


_OF_PLACES: dict[str, Callable[[Path, Path], None]] = {
    "deleted": lambda path, _: _removed(path),
    "folder instead": _as_folder,
    "file instead": _as_file,
    "link outside": _linked_to("{outside}/{kind}"),
    "link to nothing": _linked_to("nothing"),
    "link to itself": _linked_to("{name}"),
    "link to /dev/null": _linked_to("/dev/null"),
    "renamed": _renamed,
    "shut": lambda path, _: path.chmod(0),
    "beside": _beside,
    "page outside": _page_outside,
}
