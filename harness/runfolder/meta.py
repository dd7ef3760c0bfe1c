"""A run's own card, `run.json`: what was asked for, on which machine, and how the run ended."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.errors import RunFolderInvalid
from harness.runfolder.whole import write_whole

SCHEMA = 1


class Meta(msgspec.Struct, frozen=True):
    """`labels` are the systems that run, `selected` those that were picked where that is not all of them.

    `started` is wall-clock seconds since the epoch.
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


def write_meta(folder: Path, meta: Meta) -> None:
    """Write the card into a run's folder."""
    write_whole(folder / "run.json", msgspec.json.format(msgspec.json.encode(meta), indent=2) + b"\n")


def read_meta(folder: Path) -> Meta:
    """Read a run's card; raises RunFolderInvalid for anything that is not a run of this schema."""
    if not folder.is_dir():
        raise RunFolderInvalid(f"{folder}: expected a run's folder, found {'a file' if folder.exists() else 'nothing'}")
    try:
        meta = msgspec.json.decode((folder / "run.json").read_bytes(), type=Meta)
    except FileNotFoundError:
        raise RunFolderInvalid(f"{folder}: not a run's folder, it has no run.json") from None
    except (msgspec.DecodeError, OSError) as error:
        raise RunFolderInvalid(f"{folder / 'run.json'}: not a run's card: {error}") from None
    if meta.schema != SCHEMA:
        raise RunFolderInvalid(f"{folder / 'run.json'}: expected schema {SCHEMA}, found {meta.schema}")
    return meta
