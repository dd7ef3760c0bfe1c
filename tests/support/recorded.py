"""A run that an earlier program recorded, and what it came to then.

`tests/data/small.tar.xz` holds the folder that `chaos run` wrote, without the page, the logs and the engine's own
database. In the histories, paths and the host's name are shortened.
"""

import shutil
import tarfile
from pathlib import Path

import msgspec

from harness.runfolder.meta import read_meta, write_meta
from tests.support.chaos import ROOT

ARCHIVE = ROOT / "tests" / "data" / "small.tar.xz"
RESULT = ROOT / "tests" / "data" / "small.result.json"
"""What the program that recorded the run wrote of it as `result.json`."""


def unpacked(folder: Path) -> Path:
    """Unpack the run into `folder`, with its result, and return its own folder."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    (run,) = folder.iterdir()
    shutil.copyfile(RESULT, run / "result.json")
    return run


def unsealed(run: Path) -> Path:
    """Take a run's seal away, as of one that a program without seals recorded: what is changed shows by itself."""
    write_meta(run, msgspec.structs.replace(read_meta(run), records={}))
    return run
