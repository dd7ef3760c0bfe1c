"""Exit codes: what a verdict is worth to a shell."""

from collections.abc import Iterable

CODES = {"pass": 0, "fail": 1, "unknown": 3}
# First what says that evidence is not whole, as it puts all else in doubt; then a failure, which is certain, before
# what is not known.
WORST_FIRST = (130, 4, 2, 1, 3, 0)


def exit_code_of(verdict: str) -> int:
    """Return a verdict's exit code."""
    return CODES[verdict]


def worst(codes: Iterable[int]) -> int:
    """Return the code that counts of several."""
    given = set(codes)
    return next(code for code in WORST_FIRST if code in given)
