"""A run's own card, `run.json`: what was asked for, on which machine, and how the run ended."""

import hashlib
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import RunFolderInvalid
from harness.runfolder.whole import write_whole

SCHEMA = 1


class Meta(msgspec.Struct, frozen=True):
    """`labels` are the systems that run, `selected` those that were picked where that is not all of them.

    `started` is wall-clock seconds since the epoch. `records` is the seal: the digest of each record as the run ended,
    empty where it was not sealed.
    """

    schema: int
    run_id: str
    seed: int
    repeat: int
    labels: tuple[str, ...]
    plan_sha256: str
    environment: dict[str, Any]
    started: float
    status: Literal["running", "complete", "interrupted", "broken"] = "running"
    problem: str = ""
    selected: tuple[str, ...] = ()
    records: dict[str, str] = {}


def write_meta(folder: Path, meta: Meta) -> None:
    """Write the card into a run's folder."""
    write_whole(folder / "run.json", msgspec.json.format(msgspec.json.encode(meta), indent=2) + b"\n")


def refuse_another_plan(path: Path, text: bytes, meta: Meta) -> None:
    """Refuse a plan that is not the one that was run: judged by it, a system would answer for what it never got."""
    found = hashlib.sha256(text).hexdigest()
    if found != meta.plan_sha256:
        raise RunFolderInvalid(f"{path}: not the plan that was run: expected SHA-256 {meta.plan_sha256}, found {found}")


def read_meta(folder: Path) -> Meta:
    """Read a run's card; raises RunFolderInvalid for anything that is not a run of this schema."""
    if not folder.is_dir():
        raise RunFolderInvalid(f"{folder}: expected a run's folder, found {'a file' if folder.exists() else 'nothing'}")
    try:
        meta = msgspec.json.decode((folder / "run.json").read_bytes(), type=Meta)
    except FileNotFoundError:
        raise RunFolderInvalid(f"{folder}: not a run's folder, it has no run.json") from None
    except (*UNREADABLE, OSError) as error:
        raise RunFolderInvalid(f"{folder / 'run.json'}: not a run's card: {error}") from None
    if meta.schema != SCHEMA:
        raise RunFolderInvalid(f"{folder / 'run.json'}: expected schema {SCHEMA}, found {meta.schema}")
    return meta
