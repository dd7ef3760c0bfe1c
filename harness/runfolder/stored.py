"""Stored runs: what a run's folder says of itself, read without judging it again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import RunFolderInvalid
from harness.runfolder.meta import SCHEMA, read_meta, refuse_another_plan
from harness.runfolder.result import Result
from harness.runfolder.seal import RESULT, digest

T = TypeVar("T")


class PlannedWorkload(msgspec.Struct, frozen=True):
    """What a plan puts every system through; the parts that are only compared byte by byte stay raw."""

    schema: int
    seed: int
    scenario: dict[str, Any]
    tickets: msgspec.Raw
    canaries: msgspec.Raw
    faults: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Stored:
    """A run that ended: its folder, its result, and its workload."""

    folder: Path
    result: Result
    workload: PlannedWorkload


def runs_in(path: Path) -> list[Stored]:
    """Return the run in a folder, or every run in a folder of runs, by name; raises RunFolderInvalid for neither."""
    if (path / "run.json").exists():
        return [read_stored(path)]
    if not path.is_dir():
        raise RunFolderInvalid(f"{path}: expected a run's folder, found {'a file' if path.exists() else 'nothing'}")
    # `latest` is a link to a run that lies beside it, and would count that one twice.
    folders = sorted(inner for inner in path.iterdir() if (inner / "run.json").exists() and not inner.is_symlink())
    if not folders:
        raise RunFolderInvalid(f"{path}: expected a run's folder or a folder of runs, found no run.json in it")
    return [read_stored(folder) for folder in folders]


def read_stored(folder: Path) -> Stored:
    """Read a run that ended; raises RunFolderInvalid for one that is incomplete or of another schema."""
    meta = read_meta(folder)
    if meta.status != "complete":
        how = (
            "was killed while it ran, or could not be ended"
            if meta.status == "running"
            else f"was {meta.status}: {meta.problem}"
        )
        raise RunFolderInvalid(f"{folder}: expected a complete run, but it {how}")
    # The result as it was judged then, also where the records are gone: a base for comparisons may be kept as a few
    # small files.
    result = _read(folder / RESULT, Result)
    if RESULT in meta.records and meta.records[RESULT] != digest(folder / RESULT):
        raise RunFolderInvalid(f"{folder / RESULT}: is not what the run wrote; `chaos check {folder}` judges it again")
    if result.schema != SCHEMA:
        raise RunFolderInvalid(f"{folder / RESULT}: expected schema {SCHEMA}, found {result.schema}")
    workload = _read(folder / "plan.json", PlannedWorkload)
    refuse_another_plan(folder / "plan.json", (folder / "plan.json").read_bytes(), meta)
    if workload.schema != SCHEMA:
        raise RunFolderInvalid(f"{folder / 'plan.json'}: expected schema {SCHEMA}, found {workload.schema}")
    return Stored(folder, result, workload)


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise RunFolderInvalid(f"{path}: {error.strerror or error}") from None
    except UNREADABLE as error:
        raise RunFolderInvalid(f"{path}: not written by this version: {error}") from None
