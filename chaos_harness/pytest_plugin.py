"""The pytest plugin: `pytest scenarios/ --chaos` makes a test of every expectation of every scenario.

Every pytest of an environment that has the harness imports this module, so it imports nothing of the harness until it
is asked for with `--chaos`.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without `--chaos` the others do nothing."""
    group = parser.getgroup("chaos", "chaos scenarios")
    group.addoption("--chaos", action="store_true", help="Collect YAML scenarios: a test for each expectation.")
    group.addoption(
        "--chaos-out", metavar="DIR", default="reports", help="Where runs land; default: reports, where pytest started."
    )
    group.addoption("--chaos-seed", metavar="N", type=int, help="Seed in place of the scenarios' own.")
    group.addoption("--chaos-repeat", metavar="N", type=_count, help="Repetitions in place of the scenarios' own.")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker; where it was asked for, begin to collect scenarios."""
    config.addinivalue_line("markers", "chaos: an expectation of a scenario, or the checks of its experiment.")
    if config.getoption("chaos"):
        _refuse_others()
        from harness.pytest.session import ChaosSession  # noqa: PLC0415 - for those who asked for it alone

        config.pluginmanager.register(ChaosSession(config), "chaos-session")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def _refuse_others() -> None:
    """Raise a usage error where a project's own package stands in the place of one of a checkout.

    An installed wheel has them inside this package, where nothing else can be.
    """
    if (_HERE / "harness").is_dir():
        return
    for name in ("harness", "systems"):
        spec = find_spec(name)
        found = str(spec.origin or list(spec.submodule_search_locations or ())) if spec else "none"
        ours = _HERE.parent / name
        if Path(found).resolve().parent != ours:
            raise pytest.UsageError(
                f"--chaos: expected the package `{name}` of {_HERE.parent}, found {found}; "
                f"beside a package of that name install the wheel: pip install {_HERE.parent}"
            )
