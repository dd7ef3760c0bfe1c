"""The systems that the contract holds for: all that are registered, and the one that a package of the tests brings."""

from systems import registry
from tests.support.chaos import ROOT

WITH_SPOOL = {"PYTHONPATH": str(ROOT / "tests" / "support" / "installed")}
"""The environment of a program for which the package `spool` is installed."""
SYSTEMS = (*registry.names(), "spool")
ONE_PROCESS = {**dict.fromkeys(registry.names(), "{processes: 1}"), "spool": "{}"}
"""Their blocks, with one worker process each: where it is no part of a claim that there are several."""
