"""What looking at a machine found: a line of `chaos doctor`, also of what one system alone needs."""

from typing import Literal, NamedTuple

INSTALL = "run `make install` in the checkout, or `pip install chaos-harness`"
"""The remedy where something of the program's own is missing."""


class Finding(NamedTuple):
    """What was looked at, and what was observed there: `missing` stops a run, a `warning` may spoil its figures."""

    what: str
    state: Literal["ok", "warning", "missing"]
    observed: str
    remedy: str = ""
