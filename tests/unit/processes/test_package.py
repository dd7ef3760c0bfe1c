"""A child finds this program's own package, before whatever else has its name."""

import os
import site
from pathlib import Path

import pytest

from harness.processes import package
from tests.support.chaos import ROOT


@pytest.mark.parametrize(
    ("inherited", "expected"),
    [
        (None, [ROOT]),
        ("", [ROOT]),
        (".", [ROOT, Path("project")]),
        (f"/first{os.pathsep}{ROOT}", [ROOT, Path("/first")]),
        (f"/first{os.pathsep}", [ROOT, Path("/first"), Path("project")]),
    ],
    ids=["none", "empty", "relative", "the checkout later", "an empty part"],
)
def test_a_checkout_comes_first_and_the_rest_means_the_same_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inherited: str | None, expected: list[Path]
) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if inherited is not None:
        monkeypatch.setenv("PYTHONPATH", inherited)
    found = package.environment()
    assert found["PYTHONPATH"].split(os.pathsep) == [str(tmp_path / part) for part in expected]
    assert found["PYTHONSAFEPATH"] == "1"


def test_site_packages_are_left_where_python_puts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(ROOT)])
    assert "PYTHONPATH" not in package.environment()
