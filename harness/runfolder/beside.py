"""Whether other scenarios run beside this one: a program that starts several tells each, and its record says so."""

import os

VARIABLE = "CHAOS_BESIDE_OTHERS"
TOLD = "other scenarios ran beside it"


def telling(*, is_beside: bool) -> dict[str, str]:
    """Return what the environment of a run that is started says: alone, or beside others."""
    # Empty rather than absent: a harness that was itself started beside others would pass its own word on.
    return {VARIABLE: "1" if is_beside else ""}


def note() -> str:
    """Say that others run beside this run; empty where none do."""
    return TOLD if os.environ.get(VARIABLE) else ""
