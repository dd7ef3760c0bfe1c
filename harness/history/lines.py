"""A file of lines, decoded: what cannot be read is noted in the History, with its place."""

from pathlib import Path
from typing import TypeVar

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import RunFolderInvalid
from harness.history.model import History

T = TypeVar("T")


def lines(path: Path, decoder: msgspec.json.Decoder[T], history: History) -> list[T]:
    """Decode a file of lines; what cannot be read is noted."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        history.problems.append(f"{place(path, history)}: {error.strerror}")
        return []
    except OSError as error:
        raise unreadable(path, error) from None
    try:
        return decoder.decode_lines(content)
    except UNREADABLE:
        pass
    readable = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            readable.append(decoder.decode(line))
        except UNREADABLE as error:
            history.problems.append(f"{place(path, history)}:{number}: {error}")
    return readable


def place(path: Path, history: History) -> str:
    """Name a file from the run's folder: every repetition has one of that name."""
    return f"{history.label}/{history.repetition}/{path.name}"


def unreadable(path: Path, error: Exception) -> RunFolderInvalid:
    """Say that evidence is there and cannot be read: taken for absent, it would tell of tickets that vanished."""
    return RunFolderInvalid(f"{path}: is there, but cannot be read: {getattr(error, 'strerror', None) or error}")
