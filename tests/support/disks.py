"""Disks of a test's own: small ones, ones that fill up, ones that become read-only."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CAN_MOUNT = os.geteuid() == 0 and shutil.which("mount") is not None and sys.platform == "linux"
BLOCK = b"\0" * 65536


def _run(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert not done.returncode, f"{' '.join(argv)}: {done.stderr}"


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A disk in memory, mounted at a new folder with these options; whatever is mounted above it goes with it."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    try:
        yield folder
    finally:
        while os.path.ismount(folder):
            _run("umount", "-l", str(folder))


def fill_up(disk: Path) -> None:
    """Leave no room on a disk, but for what is left in the last blocks of files."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        size = len(BLOCK)
        while size:
            try:
                ballast.write(BLOCK[:size])
            except OSError:
                size //= 2


def make_read_only(disk: Path) -> None:
    """Let nothing be opened for writing below a folder any more; what is open stays so."""
    _run("mount", "--bind", str(disk), str(disk))
    _run("mount", "-o", "remount,ro,bind", str(disk))
