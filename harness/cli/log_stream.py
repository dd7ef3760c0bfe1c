"""What a CI job's log takes in place of a terminal. Imports little, as every command asks what it prints on."""

import io
from typing import TextIO


class LogStream(io.TextIOBase):
    """A stream that ends in a job's log: it is never a terminal, and nothing printed on it is a command.

    Each write is of whole lines, or a command could be put together of parts.
    """

    def __init__(self, under: TextIO) -> None:
        self._under = under

    def write(self, text: str) -> int:
        """Write text, made harmless."""
        from harness.report.text.workflow_commands import harmless

        self._under.write(harmless(text))
        return len(text)

    def command(self, line: str) -> None:
        """Write a line that is meant as a command."""
        self._under.write(f"{line}\n")

    def flush(self) -> None:
        """Write what is held back."""
        self._under.flush()

    def fileno(self) -> int:
        """Return the file's number."""
        return self._under.fileno()

    def isatty(self) -> bool:
        """Say that this is a log."""
        return False
