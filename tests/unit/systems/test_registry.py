"""Nothing in the harness knows a system by its name, and every system says what the contract asks."""

import ast
import re
from collections.abc import Iterator
from importlib import metadata
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import msgspec
import pytest

from systems import registry
from systems.desk.limits import DeskTimes
from systems.desk.model import Step
from systems.settings import Capability
from systems.system import SystemUnavailable
from tests.support.chaos import ROOT
from tests.support.spool import SPOOL

TIMES = DeskTimes({step.value: 0.02 for step in Step}, 5.0)
NAME = re.compile(rf"(?<!--no-)\b({'|'.join(registry.names())})\b")
"""A system's name; `--no-sync` is a database's option."""
KINDS = [*registry.systems().values(), SPOOL]


def literals(source: str) -> Iterator[str]:
    """Yield the strings of a module that are no docstrings."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body}
    texts = {one.value for one in docs if isinstance(one, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in texts:
            yield node.value


TOUR = ROOT / "harness" / "tour"
"""It tells of the columns of its own scenarios, by their labels."""


@pytest.mark.parametrize(
    "file",
    sorted(file for file in (ROOT / "harness").rglob("*.py") if TOUR not in file.parents),
    ids=lambda file: str(file.relative_to(ROOT / "harness")),
)
def test_no_module_of_the_harness_names_a_system(file: Path) -> None:
    assert [text for text in literals(file.read_text()) if NAME.search(text)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_without_keys_is_a_system_that_works(kind: registry.Registration) -> None:
    settings = msgspec.convert({}, kind.settings)
    assert settings.problems(TIMES) == []
    assert settings.parallel_steps() >= settings.worker_count() >= 1
    assert settings.foreign().keys() <= settings.capabilities
    assert [key for key in settings.telling | settings.remarks.keys() if not hasattr(settings, key)] == []


def test_only_what_has_an_engine_can_lose_it() -> None:
    assert [name for name in registry.names() if Capability.ENGINE in registry.kind(name).capabilities] == ["temporal"]


def test_what_no_package_brings_is_said_to_lack() -> None:
    with pytest.raises(SystemUnavailable, match="no system 'spool': expected one of sync, temporal"):
        registry.kind("spool")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mine", "tests.support.no_such_module:MINE", "the system mine .* cannot be imported: No module named"),
        ("mine", "tests.support.spool:SpoolSettings", "the system mine .*: expected a Registration, found"),
        ("sync", "tests.support.spool:SPOOL", "expected a name of its own, found a second 'sync'"),
    ],
)
def test_a_package_whose_system_is_broken_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    points = EntryPoints([EntryPoint(name, value, registry.GROUP)])
    monkeypatch.setattr(metadata, "entry_points", lambda **_: points)
    with pytest.raises(SystemUnavailable, match=message):
        registry.systems.__wrapped__()


def test_a_broken_package_keeps_nobody_from_the_bundled_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints([EntryPoint("mine", "tests.support.no_such_module:MINE", registry.GROUP)])
    monkeypatch.setattr(metadata, "entry_points", lambda **_: points)
    monkeypatch.setattr(registry, "systems", registry.systems.__wrapped__)
    assert all(registry.is_known(name) and registry.kind(name) for name in registry.BUNDLED)
    with pytest.raises(SystemUnavailable, match="the system mine"):
        registry.is_known("theirs")
