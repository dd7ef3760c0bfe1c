"""What a person asked of `chaos run`, for one scenario or many."""

from dataclasses import dataclass
from pathlib import Path

NONE = "none"
"""What `--report` is given where none is wanted, not even the page."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`labels` are the columns to run (none: all), `form` is of the result, `reports` are written beside each record.

    `seed` and `repeat` replace the scenario's own; a scenario that takes longer than `limit_s` is interrupted.
    `is_full`: tables have a row for every metric.
    """

    labels: tuple[str, ...]
    seed: int | None
    repeat: int | None
    out: Path
    form: str
    limit_s: float | None
    reports: tuple[str, ...]
    is_full: bool = False

    def as_arguments(self) -> list[str]:
        """Return the same as options of `chaos run`, for a process that runs a part; where to is not among them."""
        limit = None if self.limit_s is None else f"{self.limit_s:f}s"
        single = {"--seed": self.seed, "--repeat": self.repeat, "--time-limit": limit}
        given = [(key, str(value)) for key, value in single.items() if value is not None]
        many = [("--system", label) for label in self.labels] + [("--report", form) for form in self.reports or (NONE,)]
        return [part for pair in (*given, *many) for part in pair]
