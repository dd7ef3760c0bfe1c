"""A run's seal: a digest of each of its records, kept in `run.json`, so that one which changes later is noticed.

Lengths and numbers that follow each other show what is missing. A digit that a disk, an editor or a merge turned into
another one shows nowhere else: it would be judged as what had happened.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from harness.runfolder.meta import Meta

RESULT = "result.json"
JUDGED = (
    "journal/*.jsonl",
    "*.jsonl",
    "histories/residency.jsonl",
    "store.sqlite",
    "store.sqlite-wal",
)
"""The records of a repetition that are judged."""


def sealed(folder: Path, meta: Meta) -> dict[str, str]:
    """Return the digest (SHA-256) of every record of a run that ended, by its path in the run's folder."""
    places = [folder / label / str(number) for label in meta.labels for number in range(1, meta.repeat + 1)]
    for place in places:
        _fold_log(place / "store.sqlite")
    return {str(path.relative_to(folder)): digest(path) for place in places for path in _records(place)}


def changed(folder: Path, meta: Meta, label: str, number: int) -> list[str]:
    """Say which records of a repetition are not as the seal has them; nothing of a run that was never sealed."""
    if not meta.records:
        return []
    place = folder / label / str(number)
    now = {str(path.relative_to(folder)): digest(path) for path in _records(place)}
    then = {name: digest for name, digest in meta.records.items() if name.startswith(f"{label}/{number}/")}
    words = {name: "is gone, and was there" if name in then else "was not there" for name in now.keys() ^ then.keys()}
    words |= {name: "was another" for name in now.keys() & then.keys() if now[name] != then[name]}
    return [f"{name}: {words[name]} when the run ended" for name in sorted(words)]


def _records(place: Path) -> Iterator[Path]:
    """Yield the records of a repetition; an empty log of writes is none, whoever left it there."""
    for path in sorted({path for pattern in JUDGED for path in place.glob(pattern)}):
        if path.is_file() and (path.stat().st_size or not path.name.endswith("-wal")):
            yield path


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fold_log(store: Path) -> None:
    """Let SQLite take its log of writes into the store: or the first to open it later would, and break the seal."""
    if store.is_file():
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=rw", uri=True)) as opened,
        ):
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
