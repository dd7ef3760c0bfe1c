"""A duration as an option's value, written as in a scenario."""

import math

import click


def seconds_above_0(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """Return an option's seconds, infinite for the word `none`; None where it was not given."""
    from harness.planning.reading.decode import UNITS, read_quantity

    if value is None:
        return None
    seconds = math.inf if value == "none" else read_quantity(value, "duration")
    if not seconds:
        raise click.BadParameter(f"expected {UNITS['duration']}, or none; found {value!r}")
    return seconds
