"""A folder that goes with the processes that used it."""

import contextlib
import time
from pathlib import Path

AGAIN_S = 0.02


def remove(folder: Path, within_s: float) -> bool:
    """Remove a folder and all in it; say whether it is gone, which what is dying there may prevent for a while."""
    import shutil  # noqa: PLC0415 - the supervisor imports this module, and seldom has a folder to remove

    deadline = time.monotonic() + within_s
    while folder.exists():
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
            break
        if time.monotonic() > deadline:
            return False
        time.sleep(AGAIN_S)
    return True
