"""A scenario that ended: what of it counts for a shell, a summary and a CI job."""

from dataclasses import dataclass
from pathlib import Path

from harness.runfolder.result import Result


@dataclass(frozen=True, slots=True)
class Ended:
    """`path` is its file, `code` its exit code; `result` is None where there is none: then `said` tells why.

    `folder` is the run's, as the person who asked would name it; empty where none was made.
    """

    path: str
    code: int
    result: Result | None
    folder: str = ""
    said: str = ""
    took_s: float = 0.0

    @property
    def name(self) -> str:
        """The scenario's name, or its file's where the scenario never got that far."""
        return Path(self.path).stem if self.result is None else self.result.scenario.name
