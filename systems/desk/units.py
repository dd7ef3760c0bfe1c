"""Units of a scenario's values, as annotated types: what a number means stands with its type."""

from typing import Annotated

import msgspec

MOST = 1_000_000
"""Of whatever is counted: what is above is a slip of the finger, and no machine could run it."""
MOST_REPETITIONS = 1000
"""Each takes seconds at least, and is planned before the first one starts."""
MOST_SEED = 2**63 - 1
"""A seed fits into 63 bits and a sign, as programs that read a result can hold it."""
LONGEST_S = 8760 * 3600.0
"""A year: what is above is a slip of the finger, and clocks of operating systems end."""
FASTEST = 1_000_000.0
SLOWEST = 1 / LONGEST_S
"""Bounds of a rate (1/s): one ticket a year, and as many a second as a run may have at all."""

Duration = Annotated[
    float,
    msgspec.Meta(
        ge=0,
        description="a duration with a unit, such as 50ms, 2s, 5m, 1h",
        extra={"unit": "duration"},
        extra_json_schema={"x-unit": "duration"},
    ),
]
"""Seconds inside; in a scenario a string with a unit."""

Share = Annotated[
    float,
    msgspec.Meta(
        ge=0,
        le=1,
        description="a share, 0.3 or 30%",
        extra={"unit": "share"},
        extra_json_schema={"x-unit": "share"},
    ),
]
"""A part of 1; in a scenario a number or a percentage."""

Rate = Annotated[
    float,
    msgspec.Meta(
        gt=0,
        description="a rate with a unit, such as 20/s, 200/m, 500/h",
        extra={"unit": "rate"},
        extra_json_schema={"x-unit": "rate"},
    ),
]
"""Events a second; in a scenario a string such as 20/s."""

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
Repetitions = Annotated[int, msgspec.Meta(ge=1, le=MOST_REPETITIONS)]


def meaning(text: str) -> msgspec.Meta:
    """Say what a key of a scenario means, at its field: editors and the reference show the same words."""
    return msgspec.Meta(description=text)
