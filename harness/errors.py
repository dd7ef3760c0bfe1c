"""The few exceptions of the harness, each named for its condition."""

from dataclasses import dataclass

from harness.text import escaped


class ChaosError(Exception):
    """Something a person should read; `exit_code` is the process's."""

    exit_code = 4


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake in a scenario. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{escaped(self.file)}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, order=True)
class Caution(Mistake):
    """What makes a scenario that can be run prove little, with its place."""

    def __str__(self) -> str:
        return f"{escaped(self.file)}:{self.line}:{self.column}: warning: {self.message}"


class ScenarioInvalid(ChaosError):
    """A scenario cannot be run as written; carries every mistake found."""

    exit_code = 2

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class UsageInvalid(ChaosError):
    """The command line asks for something that is not there."""

    exit_code = 2


class RunFolderInvalid(ChaosError):
    """A folder is not a run, or not one that this version can read."""

    exit_code = 2


class EnvironmentFailure(ChaosError):
    """The environment failed the harness: a port, a disk, a binary, a process."""


class ProcessDied(EnvironmentFailure):
    """A process that should serve ended by itself; the message ends with its log's last lines."""


class ProcessSilent(EnvironmentFailure):
    """A process did not become ready in time; the message ends with its log's last lines."""


class EngineUnavailable(EnvironmentFailure):
    """The engine is missing, did not start, or stopped answering."""


class Interrupted(ChaosError):
    """SIGINT or SIGTERM ended the run early."""

    exit_code = 130


class TimeLimitPassed(ChaosError):
    """A run took longer than it was allowed to, and was ended as an interruption ends it: nothing is proven."""

    exit_code = 3
