"""The page on the design names what there is: every package, each once, in the order in which imports may run."""

import re
import tomllib

from tests.support.chaos import ROOT

TOPS = ("harness", "systems", "chaos_harness")
LINES = re.findall(r"^\| `([\w/]+)/` \|", (ROOT / "docs" / "design.md").read_text(), re.MULTILINE)
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def packages() -> list[str]:
    """Return the folders of all packages; those of two tops stand in the tops themselves."""
    found = [path.parent.relative_to(ROOT).as_posix() for top in TOPS for path in (ROOT / top).rglob("__init__.py")]
    return [name for name in found if name not in {"harness", "systems"}]


def layers(container: str) -> list[list[str]]:
    """Return the layers of a package, lowest first."""
    (one,) = (one for one in CONTRACTS if one.get("containers") == [container])
    return [re.split(r" [|:] ", layer) for layer in reversed(one["layers"])]


def test_every_package_has_one_line() -> None:
    assert sorted(LINES) == sorted(packages())


def test_a_room_stands_below_what_it_may_import() -> None:
    told = [line.removeprefix("harness/") for line in LINES if re.fullmatch(r"harness/\w+", line)]
    rank = {room: rank for rank, rooms in enumerate(layers("harness")) for room in rooms}
    assert told == sorted(told, key=rank.__getitem__)


def test_no_package_is_a_folder_of_loose_modules() -> None:
    """A module that stands beside the rooms belongs to all of them."""
    loose = sorted(path.stem for path in (ROOT / "harness").glob("*.py"))
    assert loose == ["__init__", "__main__", "catalogue", "errors", "text"]
