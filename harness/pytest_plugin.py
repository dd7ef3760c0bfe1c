"""The pytest plugin: `pytest scenarios/ --chaos` makes a test of every expectation of every scenario.

Every pytest of an environment that has the harness imports this module, so it imports nothing of the harness until it
is asked for with `--chaos`.
"""

import argparse

import pytest


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
        from harness.pytest.session import ChaosSession  # noqa: PLC0415 - for those who asked for it alone

        config.pluginmanager.register(ChaosSession(config), "chaos-session")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)
